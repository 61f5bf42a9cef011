import { serve } from "./http.ts";

/** A target whose pages number themselves: each page of a path holds the next number, from 0. */
export interface NumberTarget {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** How many pages a path has answered with: the numbers below it were scraped. */
  count(path: string): number;
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
      response.destroy();
      return callback();
    }
    const path = request.url ?? "";
    const number = counts.get(path) ?? 0;
    counts.set(path, number + 1);
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(`numbered ${number}\n`);
  });
  return {
    address: `127.0.0.1:${server.port}`,
    count: (path) => counts.get(path) ?? 0,
    onNext: (callback) => void (intercept = callback),
    close: () => server.close(),
  };
}
