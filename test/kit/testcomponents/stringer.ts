import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { any, bool, int, list, map, number, string } from "#src/schema/type.ts";
import type { Value } from "#src/value/value.ts";
import { sprintf } from "#src/vm/go/sprintf.ts";
import { texts } from "./receivers.ts";

export default component({
  name: "testcomponents.stringer",
  stability: "public-preview",
  doc: "Sends the text of a value, as Go prints it in source form.",
  args: {
    input_string: attr(string, "A text.", { optional: true }),
    input_int: attr(int, "A whole number.", { optional: true }),
    input_float: attr(number, "A number.", { optional: true }),
    input_bool: attr(bool, "A truth value.", { optional: true }),
    input_map: attr(map(any), "An object.", { optional: true }),
    input_array: attr(list(any), "A list.", { optional: true }),
    forward_to: attr(list(texts), "Where to."),
  },
  exports: {},
  examples: [`testcomponents.stringer "s" {\n  input_int  = 1\n  forward_to = []\n}`],
  create(first) {
    const send = (args: typeof first): void => {
      const values: readonly (Value | undefined)[] = [
        args.input_string,
        args.input_int === undefined ? undefined : BigInt(args.input_int),
        args.input_float,
        args.input_bool,
        args.input_array,
        args.input_map,
      ];
      for (const value of values) {
        if (value === undefined) continue;
        const text = sprintf("%#v", [value]);
        for (const receiver of args.forward_to) void receiver.consume(text);
      }
    };
    return { start: () => send(first), update: (next) => () => send(next) };
  },
});
