/**
 * The scrape loops of one component. The pool outlives the component: a successor takes it over as it is, so that no
 * scrape is lost or made twice and series go on.
 */
import type { Resource } from "#src/component/define.ts";
import { createHttpClient, type HttpClient } from "#src/net/http-client.ts";
import { httpClientArgs, type HttpClientArgs } from "#src/net/http-args.ts";
import { equalArguments } from "#src/schema/equal.ts";
import { version } from "#src/util/version.ts";
import { ScrapeLoop, type ScrapeEnv, type TargetStatus } from "./loop.ts";
import type { ScrapeTarget } from "./target.ts";

export class ScrapePool implements Resource {
  readonly #loops = new Map<string, ScrapeLoop>();
  #client: HttpClient | undefined;
  #http: HttpClientArgs | undefined;
  #closed = false;

  /** Scrapes just these targets from now on, in this way and for this owner. */
  apply(
    targets: readonly ScrapeTarget[],
    http: HttpClientArgs,
    targetLimit: number,
    env: Omit<ScrapeEnv, "client" | "refusal">,
  ): void {
    if (this.#closed) return;
    if (this.#client === undefined) this.#client = createHttpClient(http, { userAgent: `Invar/${version}` });
    else if (!equalArguments(httpClientArgs, this.#http, http)) this.#client.update(http);
    this.#http = http;
    const exceeded = targetLimit > 0 && targets.length > targetLimit;
    const refusal = exceeded
      ? `target_limit exceeded (number of targets: ${targets.length}, limit: ${targetLimit})`
      : undefined;
    if (exceeded) env.metrics.exceededTargetLimit.inc();
    env.metrics.targets.set(targets.length);
    env.metrics.poolTargets.set(targets.length);
    env.metrics.poolTargetLimit.set(targetLimit);
    env.metrics.syncs.inc();
    const whole: ScrapeEnv = { ...env, client: this.#client, refusal };
    const wanted = new Set(targets.map((target) => target.key));
    for (const [key, loop] of this.#loops)
      if (!wanted.has(key))
        loop.retire(
          whole,
          () => this.#liveKeys(),
          () => this.#loops.delete(key),
        );
    for (const target of targets) {
      let loop = this.#loops.get(target.key);
      if (loop === undefined) {
        loop = new ScrapeLoop(target, whole);
        this.#loops.set(target.key, loop);
      }
      loop.run(target, whole);
    }
  }

  #liveKeys(): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const loop of this.#loops.values()) if (!loop.retired) for (const key of loop.liveKeys()) keys.add(key);
    return keys;
  }

  status(): readonly TargetStatus[] {
    return [...this.#loops.values()].filter((loop) => !loop.retired).map((loop) => loop.status());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop()));
    this.#loops.clear();
    await this.#client?.close();
  }
}
