import { makeBundle } from "#src/source/bundle.ts";
import type { Bundle } from "#src/source/define.ts";

/** A bundle of texts; the entry is its root unless told otherwise. */
export function textBundle(files: Iterable<readonly [path: string, text: string]>, entry = ""): Bundle {
  const encoded = new Map([...files].map(([path, text]) => [path, Buffer.from(text)]));
  return makeBundle({ id: "test", at: new Date(0), entry, files: encoded });
}
