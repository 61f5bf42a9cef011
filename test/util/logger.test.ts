import { expect, test } from "vitest";
import { createProcessLog, type LogRecord } from "#src/util/logger.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";

function open() {
  const written: string[] = [];
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  return { written, ...createProcessLog({ write: (text) => written.push(text), now: () => at }) };
}

test("a line has time, level and message first, then the fields as given", () => {
  const { written, logger, configure } = open();
  configure({});
  logger.with({ component_id: "local.file.x" }).info("read file", { bytes: 12, path: "/a b", empty: "" });
  expect(written).toEqual([
    'ts=2026-01-02T03:04:05.006Z level=info msg="read file" component_id=local.file.x bytes=12 path="/a b" empty=""\n',
  ]);
});

test("JSON lines have the same keys", () => {
  const { written, logger, configure } = open();
  configure({ format: "json" });
  logger.warn("slow", { took: 1.5, ok: false, msg: "not the message" });
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    { ts: "2026-01-02T03:04:05.006Z", level: "warn", msg: "slow", took: 1.5, ok: false, msg_: "not the message" },
  ]);
});

test("what is logged before the first configuration appears with its format and level", () => {
  const { written, logger, configure } = open();
  logger.debug("early and quiet");
  logger.info("early");
  expect(written).toEqual([]);
  configure({ format: "json" });
  expect(written).toHaveLength(1);
  expect(written[0]).toContain('"msg":"early"');
});

test("a new level counts at once, for loggers made before too", () => {
  const { written, logger, configure } = open();
  const made = logger.with({ a: 1 });
  configure({ level: "error" });
  made.warn("no");
  expect(made.enabled("warn")).toBe(false);
  configure({ level: "debug" });
  made.debug("yes");
  expect(made.enabled("debug")).toBe(true);
  expect(written.map((line) => /msg=(\w+)/.exec(line)![1])).toEqual(["yes"]);
});

test.for(["logfmt", "json"] as const)("no secret is written in %s, however deep it sits", (format) => {
  const { written, logger, configure } = open();
  configure({ format });
  const secret = new Secret("hunter2");
  logger.info("x", {
    secret,
    optional: new OptionalSecret("hunter2", true),
    list: [secret],
    map: new Map([["k", secret]]),
    nested: { a: { b: secret } },
    error: new Error("failed", { cause: secret }),
  });
  expect(written.join("")).not.toContain("hunter2");
  expect(written.join("").match(/\(secret\)/g)?.length).toBeGreaterThanOrEqual(5);
});

test("errors are written with their causes, and nobody can break out of a line", () => {
  const { written, logger, configure } = open();
  configure({});
  logger.error("evil\nlevel=info", { err: new Error("fetching", { cause: new Error("no route") }), "a b=c": 'x"y' });
  expect(written).toEqual([
    'ts=2026-01-02T03:04:05.006Z level=error msg="evil\\nlevel=info" err="fetching: no route" a_b_c="x\\"y"\n',
  ]);
});

test("values are cut, not written whole", () => {
  const { written, logger, configure } = open();
  configure({});
  logger.info("x", { big: "y".repeat(1_000_000) });
  expect(written[0]!.length).toBeLessThan(40_000);
});

test("sinks get the records that are written", () => {
  const { logger, configure } = open();
  const records: LogRecord[] = [];
  configure({ sinks: [(record) => records.push(record)] });
  logger.info("kept", { a: 1 });
  logger.debug("dropped");
  expect(records.map((r) => [r.level, r.message, r.fields])).toEqual([["info", "kept", { a: 1 }]]);
  expect(records[0]!.line).toMatch(/^ts=.* level=info msg=kept a=1$/);
});
