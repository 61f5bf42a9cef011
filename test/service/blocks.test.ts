import { expect, test } from "vitest";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import { checkBody } from "#src/schema/check.ts";
import { decodeBody } from "#src/schema/decode.ts";
import { blockNames, findBlock } from "#src/service/blocks.ts";
import { prepareLogging } from "#src/service/logging.ts";
import { createProcessLog } from "#src/util/logger.ts";
import { parseBlock } from "#test/kit/parse-block.ts";

const anyScope = { lookup: (): string => "x" };

test.for(["logging", "http", "livedebugging", "labelstore", "tracing", "remotecfg"])(
  "an empty %s block is fine",
  (name) => {
    const def = findBlock(name)!;
    expect(checkBody(def.args, parseBlock(`${name} { }`))).toEqual([]);
    expect(decodeBody(def.args, parseBlock(`${name} { }`), anyScope).ok).toBe(true);
    expect([def.label, def.places, def.service]).toEqual(["none", ["root"], true]);
  },
);

test.for([
  [`tracing { sampling_fraction = 0.5 }`, 'attribute "sampling_fraction" is not supported yet'],
  ["tracing { sampler { } }", 'block "sampler" is not supported yet'],
  [`remotecfg { url = "http://fleet" }`, 'attribute "url" is not supported yet'],
  [`logging { destination = "windows_event_log" }`, 'attribute "destination" is not supported yet'],
  [`logging { level = "loud" }`, 'is not one of "error", "warn", "info", "debug"'],
  [`http { tls { windows_certificate_filter { } } }`, 'block "windows_certificate_filter" is not supported yet'],
] as const)("%s is refused by name", ([text, message]) => {
  const block = parseBlock(text);
  expect(checkBody(findBlock(block.name)!.args, block).map(formatDiagnostic).join()).toContain(message);
});

test("values that say nothing new are not refused", () => {
  const block = parseBlock("tracing {\n sampling_fraction = 0.1\n write_to = []\n send_traceparent = false\n}");
  expect(checkBody(findBlock("tracing")!.args, block)).toEqual([]);
});

test("a foreach misses its template first, as in Alloy", () => {
  expect(checkBody(findBlock("foreach")!.args, parseBlock('foreach "x" { }')).map((d) => d.message)).toEqual([
    'missing required block "template"',
    'missing required attribute "collection"',
    'missing required attribute "var"',
  ]);
});

test("docs end in a full stop", () => {
  for (const name of blockNames) expect(findBlock(name)!.doc).toMatch(/\.$/);
});

test("a logging block takes effect when it is applied, not before", () => {
  const written: string[] = [];
  const log = createProcessLog({ write: (text) => written.push(text), now: () => 0 });
  log.configure({});
  const args = decodeBody(findBlock("logging")!.args, parseBlock('logging { level = "debug" }'), anyScope);
  const apply = prepareLogging(log, (args.ok && args.value) as Parameters<typeof prepareLogging>[1]);
  log.logger.debug("before");
  apply();
  log.logger.debug("after");
  expect(written.join("")).toBe("ts=1970-01-01T00:00:00.000Z level=debug msg=after\n");
});
