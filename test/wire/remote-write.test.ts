import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Labels } from "#src/signal/labels.ts";
import { ByteReader, ByteWriter, WireError, varintLength } from "#src/wire/protobuf.ts";
import {
  WriteRequestWriter,
  decodeLabels,
  decodeWriteRequest,
  encodeExemplar,
  encodeLabels,
  walkSeries,
} from "#src/wire/remote-write.ts";

const encoded = (labels: Labels): Buffer => {
  const writer = new ByteWriter();
  encodeLabels(writer, labels);
  return writer.copy();
};

const STALE = 0x7ff0000000000002n;

function example(): Buffer {
  const writer = new WriteRequestWriter();
  const labels = encoded(
    Labels.from([
      ["__name__", "up"],
      ["job", "größe"],
    ]),
  );
  writer.sample(labels, 0, labels.length, 1_700_000_000_000, 0, 0x3ff00000);
  writer.sample(labels, 0, labels.length, 1_700_000_000_000, 2, 0x7ff00000);
  writer.sample(labels, 0, labels.length, -1, 0, 0);
  const exemplar = new ByteWriter();
  encodeExemplar(exemplar, Labels.from([["trace_id", "abc"]]), 0.5, 7);
  writer.exemplar(labels, 0, labels.length, exemplar.copy());
  writer.metadata({ family: "up", type: "gaugehistogram", help: "Is it up?", unit: "s" });
  return Buffer.from(writer.view());
}

describe("remote write 1.0", () => {
  test("what is written is read back, bits of staleness markers included", () => {
    const { series, metadata } = decodeWriteRequest(example());
    expect(series).toHaveLength(4);
    expect(series[0]).toMatchObject({ labels: ["__name__", "up", "job", "größe"] });
    expect(series[0]!.samples).toEqual([{ value: 1, bits: 0x3ff0000000000000n, time: 1_700_000_000_000 }]);
    expect(series[1]!.samples[0]!.bits).toBe(STALE);
    expect(series[2]!.samples[0]).toMatchObject({ value: 0, time: -1 });
    expect(series[3]!.exemplars).toEqual([{ labels: ["trace_id", "abc"], value: 0.5, time: 7 }]);
    expect(metadata).toEqual([{ family: "up", type: "gaugehistogram", help: "Is it up?", unit: "s" }]);
  });

  test("the bytes are those of the protocol", () => {
    const writer = new WriteRequestWriter();
    const labels = encoded(Labels.from([["a", "b"]]));
    writer.sample(labels, 0, labels.length, 1, 0, 0x3ff00000);
    expect(writer.view().toString("hex")).toBe("0a150a060a0161120162120b09000000000000f03f1001");
  });

  test("series are found in a request, with their newest time", () => {
    const request = example();
    const found: number[] = [];
    let size = 0;
    walkSeries(request, (start, end, newest) => {
      found.push(newest);
      size += end - start;
      expect(decodeWriteRequest(request.subarray(start, end)).series).toHaveLength(1);
    });
    expect(found).toEqual([1_700_000_000_000, 1_700_000_000_000, -1, 7]);
    expect(size).toBeLessThan(request.length);
  });

  test("a request cut at any byte, or of any bytes, is read or refused cleanly", () => {
    const request = example();
    for (let cut = 0; cut < request.length; cut += 1) {
      const read = () => decodeWriteRequest(request.subarray(0, cut));
      try {
        read();
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (noise, at) => {
        const bytes = Buffer.from(request);
        bytes.set(noise.subarray(0, bytes.length), 0);
        bytes[at % bytes.length]! ^= 1 << (at % 8);
        for (const input of [bytes, noise])
          try {
            decodeWriteRequest(input);
          } catch (error) {
            if (!(error instanceof WireError)) throw error;
          }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("any labels survive", () => {
    const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { maxLength: 5 }), (entries) => {
        const labels = Labels.from(entries);
        const bytes = encoded(labels);
        expect(decodeLabels(bytes, 0, bytes.length)).toEqual([...labels.pairs]);
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});

describe("protobuf numbers", () => {
  test("are read as they were written, in as many bytes as announced", () => {
    const numbers = [0, 1, 127, 128, 16_383, 2 ** 28 - 1, 2 ** 28, 2 ** 32, 2 ** 49, 2 ** 52 - 1];
    for (const number of numbers) {
      const writer = new ByteWriter(1);
      writer.varint(number);
      expect(writer.at).toBe(varintLength(number));
      for (const signed of [number, -number]) {
        writer.zigzag(signed / 2 ** 3 >= 1 ? Math.floor(signed / 8) : signed);
        writer.int64(signed);
      }
      const reader = new ByteReader(writer.view());
      expect(reader.varint()).toBe(number);
      for (const signed of [number, -number]) {
        expect(reader.zigzag() + 0).toBe((signed / 2 ** 3 >= 1 ? Math.floor(signed / 8) : signed) + 0);
        expect(reader.int64() + 0).toBe(signed + 0);
      }
      expect(reader.done).toBe(true);
    }
  });
});
