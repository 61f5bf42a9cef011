/** Field types that several components share. */
import { handle, type Type } from "#src/schema/type.ts";
import type { Consumer } from "#src/signal/consumer.ts";
import type { SampleBatch } from "#src/signal/samples.ts";

function isConsumer<B>(host: unknown): host is Consumer<B> {
  return typeof host === "object" && host !== null && "consume" in host;
}

/** The type of `receiver` exports of metrics components and of the entries of their `forward_to`. */
export const samples: Type<Consumer<SampleBatch>> = handle("MetricsReceiver", isConsumer<SampleBatch>, {
  consumer: true,
});
