import type { Port } from "./consumer.ts";

/** Told of each batch that a node hands to a port, before the port's owner gets it. It must not change the batch, nor keep it. */
export type Observer = (sender: string, port: Port, batch: unknown) => void;

/** Where those who look at data as it flows are told of it. */
export class Taps {
  readonly #observers = new Set<Observer>();
  /** Undefined while nobody looks: all that this costs the flow then is asking. */
  notify: Observer | undefined;

  /** Tells the observer of every batch from now on; the returned function ends that. */
  add(observer: Observer): () => void {
    this.#observers.add(observer);
    this.#refresh();
    return () => {
      this.#observers.delete(observer);
      this.#refresh();
    };
  }

  #refresh(): void {
    const all = [...this.#observers];
    this.notify =
      all.length === 0
        ? undefined
        : (sender, port, batch) => {
            for (const observer of all) observer(sender, port, batch);
          };
  }
}
