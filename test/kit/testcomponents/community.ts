import { component } from "#src/component/define.ts";

export default component({
  name: "testcomponents.community",
  stability: "experimental",
  community: true,
  doc: "Stands for components of the community.",
  args: {},
  exports: {},
  examples: [`testcomponents.community "c" { }`],
  create: () => ({ update: () => () => undefined }),
});
