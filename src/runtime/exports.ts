/** Exports of components as values: consumers go out behind ports, what was never published as the zero value of its type. */
import type { ComponentDef } from "#src/component/define.ts";
import { zero } from "#src/schema/convert.ts";
import { encodeValue } from "#src/schema/encode.ts";
import type { Attr } from "#src/schema/field.ts";
import { Port, type Consumer } from "#src/signal/consumer.ts";
import type { Taps } from "#src/signal/taps.ts";
import { Handle } from "#src/value/host.ts";
import type { ObjectValue, Value } from "#src/value/value.ts";
import type { HostValues } from "./unit.ts";

export interface PortOwner {
  readonly globalId: string;
  readonly taps: Taps;
}

/** The exports of a node as its dependants see them. Ports that it lacks are added to `ports`. Throws on values that do not fit their types. */
export function encodeExports(
  def: ComponentDef,
  exports: HostValues,
  ports: Map<string, Port>,
  owner: PortOwner,
): ObjectValue {
  const values = new Map<string, Value>();
  for (const [name, field] of Object.entries(def.exports)) {
    if (field.field !== "attr") throw new Error(`export ${name} of ${def.name} is a block`);
    values.set(name, encodeExport(name, field, exports[name], ports, owner));
  }
  return values;
}

function encodeExport(
  name: string,
  { type }: Attr<unknown>,
  host: unknown,
  ports: Map<string, Port>,
  { globalId, taps }: PortOwner,
): Value {
  if (host === undefined) return encodeValue(type, zero(type));
  if (type.kind !== "handle" || !type.consumer) return encodeValue(type, host);
  if (!type.is(host)) throw new Error(`exporting ${name}: it is no ${type.capsule}`);
  let port = ports.get(name);
  if (port === undefined) ports.set(name, (port = new Port(globalId, type.capsule, host as Consumer<unknown>, taps)));
  return new Handle(type.capsule, port);
}

/** Part of the swap: from now on what others hold leads to these consumers. */
export function pointPorts(exports: HostValues, ports: ReadonlyMap<string, Port>): void {
  for (const [name, port] of ports) {
    const target = exports[name];
    if (target !== undefined && target !== port.target) port.point(target as Consumer<unknown>);
  }
}
