import { component } from "#src/component/define.ts";

export default component({
  name: "testcomponents.experimental",
  stability: "experimental",
  doc: "Stands for components that are not stable yet.",
  args: {},
  exports: {},
  examples: [`testcomponents.experimental "e" { }`],
  create: () => ({ update: () => () => undefined }),
});
