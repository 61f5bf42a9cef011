import fileSource from "#sources/file.ts";
import { component, type Context } from "#src/component/define.ts";
import { attr, type Infer } from "#src/schema/field.ts";
import { bool, optionalSecret } from "#src/schema/type.ts";
import type { Bundle } from "#src/source/define.ts";
import type { Feed } from "#src/source/feed.ts";
import { reconcile } from "#src/source/reconciler.ts";
import { OptionalSecret } from "#src/value/secret.ts";

const args = {
  ...fileSource.args,
  is_secret: attr(bool, "Treats the content as a secret.", { default: false }),
};
const exports = { content: attr(optionalSecret, "The content of the file.") };
type Args = Infer<typeof args>;

export default component({
  name: "local.file",
  stability: "generally-available",
  doc: "Exports the content of a file and follows its changes.",
  args,
  exports,
  examples: [
    `local.file "token" {
  filename  = "/etc/invar/token"
  is_secret = true
}`,
  ],
  check: fileSource.check!,
  async create(first, ctx) {
    const accessed = ctx.metrics.gauge(
      "local_file_timestamp_last_accessed_unix_seconds",
      "When the file was last read, in seconds since 1970.",
    );
    let held = first;
    let feed = await open(first, ctx);
    let unsubscribe = follow(feed);

    function follow(from: Feed): () => void {
      return from.subscribe((bundle) => {
        if (bundle !== undefined) ctx.export({ content: content(held, bundle) });
        report();
      });
    }
    function report(): void {
      const { error } = feed.status();
      if (error !== undefined) return ctx.health("unhealthy", `failed to read file: ${error.message}`, "world");
      accessed.set(ctx.clock.now() / 1000);
      ctx.health("healthy", "read file");
    }
    ctx.export({ content: content(first, feed.current) });
    report();

    return {
      async update(next) {
        const before = feed;
        const same =
          next.filename === held.filename &&
          next.detector === held.detector &&
          next.poll_frequency === held.poll_frequency;
        const after = same ? before : await open(next, ctx);
        return {
          exports: { content: content(next, after.current) },
          apply() {
            held = next;
            if (same) return;
            unsubscribe();
            feed = after;
            unsubscribe = follow(after);
            report();
            void before.close();
          },
          discard: () => void (same || after.close()),
        };
      },
      stop: () => feed.close(),
      debug: () => ({ filename: held.filename, revision: feed.current.revision.id }),
    };
  },
});

/** Reads the file once and watches it from then on; throws where it cannot be read. */
async function open(args: Args, { log, clock, dataDir }: Context<Infer<typeof exports>>): Promise<Feed> {
  const source = await fileSource.open(args, { log, clock, dataDir });
  const feed = await reconcile({ source, interval: args.poll_frequency, slot: undefined, clock, log });
  if (feed.current.entry !== "") return feed;
  await feed.close();
  throw new Error(`reading ${args.filename}: it is a folder, not a file`);
}

function content(args: Args, bundle: Bundle): OptionalSecret {
  const bytes = bundle.files.get(bundle.entry);
  return new OptionalSecret(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), args.is_secret);
}
