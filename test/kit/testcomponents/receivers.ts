import { handle, type Type } from "#src/schema/type.ts";
import type { Consumer } from "#src/signal/consumer.ts";

function consumes<B>(host: unknown): host is Consumer<B> {
  return typeof host === "object" && host !== null && "consume" in host;
}

/** Takes whole numbers. */
export const ints: Type<Consumer<number>> = handle("IntReceiver", consumes<number>, { consumer: true });
/** Takes texts. */
export const texts: Type<Consumer<string>> = handle("StringReceiver", consumes<string>, { consumer: true });
