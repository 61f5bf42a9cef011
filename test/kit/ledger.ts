/**
 * Components that count: a source that numbers what it sends, relays and sinks that note what passes, and faults at will.
 * With them a scenario says what happened to every batch, instance by instance.
 */
import { component, type ComponentDef, type Fault } from "#src/component/define.ts";
import { attr, type Infer } from "#src/schema/field.ts";
import { bool, duration, int, list, string } from "#src/schema/type.ts";
import { ints } from "./testcomponents/receivers.ts";

export interface Ledger {
  readonly components: readonly ComponentDef<never, never>[];
  /** Numbers sent by sources. */
  readonly sent: number[];
  /** Numbers that arrived in sinks, by the sink's label. */
  readonly arrived: { readonly sink: string; readonly n: number }[];
  /** What happened to instances, in order: `create x`, `start x`, `update x`, `stop x`, `discard x`. */
  readonly events: string[];
  /** Instances that were created and have not been stopped. */
  readonly alive: ReadonlySet<object>;
  /** What a fault is switched to, by label; see `test.part`. */
  readonly faults: Map<string, string>;
  /** Acts on the running instance with a label: report health, export, crash. */
  readonly handles: ReadonlyMap<string, PartHandle>;
}

export interface PartHandle {
  health(state: "healthy" | "unhealthy", message: string, fault?: Fault): void;
  export(value: string): void;
  /** Throws in a timer of the component. */
  crash(): void;
}

export function createLedger(): Ledger {
  const sent: number[] = [];
  const arrived: { sink: string; n: number }[] = [];
  const events: string[] = [];
  const alive = new Set<object>();
  const faults = new Map<string, string>();
  const handles = new Map<string, PartHandle>();
  let next = 0;

  const live = (label: string, more: { readonly start?: () => void | Promise<void> } = {}) => {
    const self = {};
    let started = false;
    alive.add(self);
    events.push(`create ${label}`);
    return {
      start(): void | Promise<void> {
        started = true;
        events.push(`start ${label}`);
        return more.start?.();
      },
      stop(): void {
        alive.delete(self);
        events.push(`${started ? "stop" : "discard"} ${label}`);
      },
    };
  };

  const source = component({
    name: "test.source",
    stability: "generally-available",
    doc: "Sends numbers that nobody has sent before.",
    args: {
      every: attr(duration, "How often.", { default: 10 }),
      forward_to: attr(list(ints), "Where to."),
    },
    exports: {},
    examples: [],
    create(first, ctx) {
      let args = first;
      const send = (): void => {
        if (ctx.signal.aborted) return;
        const n = next++;
        sent.push(n);
        for (const to of args.forward_to) void to.consume(n);
        ctx.clock.after(args.every, send);
      };
      return {
        ...live(ctx.label, { start: () => void ctx.clock.after(args.every, send) }),
        update: (to) => () => {
          events.push(`update ${ctx.label}`);
          args = to;
        },
      };
    },
  });

  const relay = component({
    name: "test.relay",
    stability: "generally-available",
    doc: "Hands on what it receives. Any change of its arguments replaces it.",
    args: {
      forward_to: attr(list(ints), "Where to."),
      version: attr(int, "Tells instances apart.", { default: 0 }),
    },
    exports: { receiver: attr(ints, "Takes numbers.") },
    examples: [],
    create({ forward_to }, ctx) {
      ctx.export({
        receiver: {
          consume(n) {
            for (const to of forward_to) void to.consume(n);
          },
        },
      });
      return live(ctx.label);
    },
  });

  const sink = component({
    name: "test.sink",
    stability: "generally-available",
    doc: "Notes what it receives. Any change of its arguments replaces it.",
    args: { version: attr(int, "Tells instances apart.", { default: 0 }) },
    exports: { receiver: attr(ints, "Takes numbers.") },
    examples: [],
    create({ version }, ctx) {
      const name = version === 0 ? ctx.label : `${ctx.label}@${version}`;
      ctx.export({ receiver: { consume: (n) => void arrived.push({ sink: name, n }) } });
      return live(name);
    },
  });

  const partArgs = {
    value: attr(string, "What it exports as `value`.", { default: "" }),
    claim: attr(string, "A name that only one may hold.", { default: "" }),
    resource: attr(string, "A resource that it shares.", { default: "" }),
    fixed: attr(bool, "Whether changed arguments replace it.", { default: false }),
  };
  const part = component({
    name: "test.part",
    stability: "generally-available",
    doc: "Goes wrong when told: its fault is `create`, `update`, `export`, `apply`, `start`, `start-late`, `stop` or nothing.",
    args: partArgs,
    exports: { value: attr(string, "What it was given.") },
    examples: [],
    claims: ({ claim }) => (claim === "" ? [] : [{ kind: "name", key: claim }]),
    async create(args, ctx) {
      const { label } = ctx;
      const fails = (phase: string): boolean => faults.get(label) === phase;
      if (args.resource !== "") {
        await ctx.acquire(args.resource, () => {
          events.push(`open ${args.resource}`);
          return { close: () => void events.push(`close ${args.resource}`) };
        });
      }
      if (fails("create")) throw new Error("create was told to fail");
      ctx.export({ value: fails("export") ? (7 as unknown as string) : args.value });
      handles.set(label, {
        health: (state, message, fault) => ctx.health(state, message, fault),
        export: (value) => ctx.export({ value }),
        crash: () =>
          void ctx.clock.after(0, () => {
            throw new Error("it was told to crash");
          }),
      });
      const base = live(label, {
        async start() {
          if (fails("start-late")) {
            await Promise.resolve();
            throw new Error("start was told to fail late");
          }
        },
      });
      return {
        ...base,
        start() {
          const starting = base.start();
          if (fails("start")) throw new Error("start was told to fail");
          return starting;
        },
        stop() {
          base.stop();
          if (fails("stop")) throw new Error("stop was told to fail");
        },
        ...(args.fixed
          ? {}
          : {
              update(to: Infer<typeof partArgs>) {
                if (fails("update")) throw new Error("update was told to fail");
                const apply = (): void => {
                  events.push(`update ${label}`);
                  if (fails("apply")) throw new Error("apply was told to fail");
                };
                const discard = (): void => void events.push(`discard update ${label}`);
                return { apply, exports: { value: to.value }, discard };
              },
            }),
      };
    },
  });

  const components = [source, relay, sink, part] as unknown as readonly ComponentDef<never, never>[];
  return { components, sent, arrived, events, alive, faults, handles };
}
