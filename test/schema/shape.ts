import { attr, block, blocks, labelledBlocks, variants } from "#src/schema/field.ts";
import * as t from "#src/schema/type.ts";

const inner = {
  first: attr(t.string, "First.", { default: "one" }),
  second: attr(t.string, "Second."),
};

/** Receivers of the tests. */
export const receiver = t.handle<{ readonly receives: string }>(
  "Receiver",
  (host): host is { readonly receives: string } => typeof host === "object" && host !== null && "receives" in host,
);

/** A shape with every kind of field. */
export const shape = {
  text: attr(t.string, "Text.", { default: "hello" }),
  needed: attr(t.string, "Needed."),
  whole: attr(t.int, "Whole.", { default: 7 }),
  tiny: attr({ kind: "int", bits: 8, signed: true } as t.Type<number>, "Tiny.", { default: 0 }),
  real: attr(t.number, "Real.", { default: 0.5 }),
  flag: attr(t.bool, "Flag.", { default: true }),
  wait: attr(t.duration, "Wait.", { default: 1000 }),
  room: attr(t.size, "Room.", { default: 1024 }),
  mode: attr(t.oneOf("fast", "slow"), "Mode.", { default: "fast" }),
  key: attr(t.secret, "Key.", { optional: true }),
  content: attr(t.optionalSecret, "Content.", { optional: true }),
  names: attr(t.list(t.string), "Names.", { default: [] }),
  extra: attr(t.map(t.number), "Extra.", { default: new Map() }),
  targets: attr(t.list(t.target), "Targets.", { default: [] }),
  forward_to: attr(t.list(receiver), "Receivers.", { default: [] }),
  record: attr(t.object({ a: attr(t.int, "A."), b: attr(t.string, "B.", { default: "b" }) }), "Record.", {
    optional: true,
  }),
  when: attr(
    t.text(
      "day",
      (text) => {
        if (!/^\d+$/.test(text)) throw new Error("it is no number of days");
        return { days: Number(text) };
      },
      (day) => String(day.days),
    ),
    "When.",
    { optional: true },
  ),
  anything: attr(t.any, "Anything.", { optional: true }),
  old: attr(t.string, "Old.", { optional: true, deprecated: "Use text instead." }),
  later: attr(t.string, "Later.", { default: "off", unsupported: true }),
  fresh: attr(t.string, "Fresh.", { optional: true, stability: "experimental" }),
  once: block(inner, "Once."),
  always: block({ depth: attr(t.int, "Depth.", { default: 3 }) }, "Always.", { absent: "defaults" }),
  many: blocks(inner, "Many."),
  named: labelledBlocks({ value: attr(t.string, "Value.", { default: "" }) }, "Named."),
  "dotted.name": block({ x: attr(t.int, "X.", { default: 1 }) }, "Dotted."),
  never: block({}, "Never.", { unsupported: true }),
  stage: variants(
    { json: { field: attr(t.string, "Field.") }, drop: { reason: attr(t.string, "Why.", { default: "" }) } },
    "Stages.",
  ),
};
