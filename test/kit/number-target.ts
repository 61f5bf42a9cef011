import { serve } from "./http.ts";

/** A target whose pages number themselves: each page of a path holds the next number, from 0. */
export interface NumberTarget {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** How many numbers a path has given away: those below have been scraped. */
  count(path: string): number;
  /** How many of the next pages hold no number: a process that has just begun may be too late for the answer. */
  skip: number;
  /** Leaves the next request of any path without an answer, and calls back in its place. */
  onNext(callback: () => void): void;
  close(): Promise<void>;
}

export async function serveNumbers(): Promise<NumberTarget> {
  const counts = new Map<string, number>();
  let intercept: (() => void) | undefined;
  const server = await serve((request, response) => {
    if (intercept !== undefined) {
      const callback = intercept;
      intercept = undefined;
      return callback();
    }
    const path = request.url ?? "";
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
    if (target.skip > 0) {
      target.skip -= 1;
      response.end("beginning 1\n");
      return;
    }
    const number = counts.get(path) ?? 0;
    counts.set(path, number + 1);
    response.end(`numbered ${number}\n`);
  });
  const target: NumberTarget = {
    address: `127.0.0.1:${server.port}`,
    count: (path) => counts.get(path) ?? 0,
    skip: 0,
    onNext: (callback) => void (intercept = callback),
    close: () => server.close(),
  };
  return target;
}
