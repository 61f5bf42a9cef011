import { expect, test } from "vitest";
import { parse } from "#src/syntax/parse.ts";
import { format } from "#src/syntax/print.ts";

test("redacted expressions print as a placeholder, and the comments in them not at all", () => {
  const text = `a {
	password = sys.env( // not hunter2
		"hunter2",
	) // kept
	user     = "me"
}`;
  const { file } = parse("f", text);
  expect(format(file, { redact: (e) => e.kind === "call" })).toBe(`a {
	password = "(secret)" // kept
	user     = "me"
}`);
});
