import community from "./community.ts";
import count from "./count.ts";
import experimental from "./experimental.ts";
import passthrough from "./passthrough.ts";
import pulse from "./pulse.ts";
import stringReceiver from "./string_receiver.ts";
import stringer from "./stringer.ts";
import summation from "./summation.ts";
import summationReceiver from "./summation_receiver.ts";
import targets from "./targets.ts";
import tick from "./tick.ts";
import type { ComponentDef } from "#src/component/define.ts";

/** The components that Alloy's own scenarios use (specification 10). */
export const testComponents = [
  community,
  count,
  experimental,
  passthrough,
  pulse,
  stringReceiver,
  stringer,
  summation,
  summationReceiver,
  targets,
  tick,
] as unknown as readonly ComponentDef[];
