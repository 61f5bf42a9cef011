import { component, type ComponentDef } from "#src/component/define.ts";
import { attr, block } from "#src/schema/field.ts";
import { any, int, list, string } from "#src/schema/type.ts";

/** Definitions for cases about compiling: they have every kind of field and never run. */
export const testComponents = [
  component({
    name: "test.pipe",
    stability: "generally-available",
    doc: "Passes on what it gets.",
    args: {
      forward_to: attr(list(any), "Where to.", { default: [] }),
      size: attr(int, "How much.", { default: 1 }),
      queue: block({ name: attr(string, "Its name.") }, "A queue."),
    },
    exports: { receiver: attr(any, "Takes things.") },
    examples: [],
    create: () => ({}),
  }),
  component({
    name: "test.value",
    stability: "generally-available",
    doc: "Holds a text.",
    args: { text: attr(string, "The text.") },
    exports: { text: attr(string, "The text.") },
    examples: [],
    create: () => ({}),
  }),
  component({
    name: "test.preview",
    stability: "public-preview",
    doc: "Is not ready for all.",
    args: {},
    exports: {},
    examples: [],
    create: () => ({}),
  }),
  component({
    name: "test.community",
    stability: "generally-available",
    community: true,
    doc: "Belongs to the community.",
    args: {},
    exports: {},
    examples: [],
    create: () => ({}),
  }),
] as readonly unknown[] as readonly ComponentDef[];
