import { normalize, sep } from "node:path";
import { bounded, defineVariadic, text } from "../function.ts";

/** The namespace `file`. */
export const file = {
  path_join: defineVariadic("file.path_join", [], text, (_, parts) => joinPath(parts)),
};

function joinPath(parts: readonly string[]): string {
  const joined = bounded(parts.filter((part) => part !== "").join(sep));
  if (joined === "") return "";
  const path = normalize(joined);
  return path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path;
}
