import { attr, block } from "#src/schema/field.ts";
import { any, bool, list, string } from "#src/schema/type.ts";
import type { BlockDef } from "./types.ts";

export const argumentArgs = {
  optional: attr(bool, "Whether it may be left out.", { default: false }),
  default: attr(any, "The value when it is left out.", { default: null }),
  comment: attr(string, "What it is for.", { default: "" }),
};

export const exportArgs = { value: attr(any, "The value.") };

/** Besides these a `foreach` has a block `template`, which is a module of its own. */
export const foreachArgs = {
  collection: attr(list(any), "The items."),
  var: attr(string, "The name under which expressions of the template read the item."),
  id: attr(string, "The field of an item that tells it from others; the whole item by default.", { default: "" }),
  hash_string_id: attr(bool, "Whether to name children by a hash of the item's text.", { default: false }),
  enable_metrics: attr(bool, "Whether components of the template publish metrics.", { default: false }),
};

const argument: BlockDef = {
  name: "argument",
  doc: "Names a value that a custom component takes. It reads as `argument.NAME.value`.",
  args: argumentArgs,
  stability: "generally-available",
  label: "required",
  places: ["declare"],
  service: false,
};

const exported: BlockDef = {
  name: "export",
  doc: "Names a value that a custom component gives. It reads as `COMPONENT.LABEL.NAME`.",
  args: exportArgs,
  stability: "generally-available",
  label: "required",
  places: ["declare"],
  service: false,
};

const foreach: BlockDef = {
  name: "foreach",
  doc: "Runs the components of its template once for each item of a list.",
  args: { template: block({}, "The components to run.", { required: true }), ...foreachArgs },
  stability: "experimental",
  label: "required",
  places: ["root", "declare", "foreach"],
  service: false,
};

/** The blocks that belong to the language itself. */
export const languageBlocks: readonly BlockDef[] = [argument, exported, foreach].map((def) => Object.freeze(def));
