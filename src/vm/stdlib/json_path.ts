import { bounded, defineFunction, text } from "../function.ts";
import { parseLooseJson } from "../jsonpath/json.ts";
import { parsePath } from "../jsonpath/parse.ts";
import { select } from "../jsonpath/select.ts";

/** All that a JSONPath (in the dialect of ojg, where the leading `$` may be left out) finds in a JSON text. */
export const jsonPath = defineFunction("json_path", [text, text], (json, path) => {
  const parsed = parsePath(bounded(path));
  return select(parsed, parseLooseJson(bounded(json)));
});
