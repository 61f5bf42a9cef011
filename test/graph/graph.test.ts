import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { difference } from "#src/graph/difference.ts";
import { reach, reverse, type Graph } from "#src/graph/graph.ts";
import { findComponents, sortTopologically } from "#src/graph/sort.ts";

const name = (n: number): string => `n${n}`;

/** Any graph of up to 12 nodes; some targets may not exist. */
const graphs: fc.Arbitrary<Graph> = fc
  .array(fc.uniqueArray(fc.nat(12), { maxLength: 5 }), { maxLength: 12 })
  .map((rows) => new Map(rows.map((targets, node) => [name(node), targets.map(name)])));

/** Graphs without cycles: nodes point to earlier ones only, then are shuffled. */
const acyclic: fc.Arbitrary<Graph> = fc
  .array(fc.uniqueArray(fc.nat(30), { maxLength: 5 }), { maxLength: 20 })
  .chain((rows) => {
    const entries = rows.map((targets, node): [string, string[]] => [
      name(node),
      targets.filter((t) => t < node).map(name),
    ]);
    return fc.shuffledSubarray(entries, { minLength: entries.length }).map((shuffled) => new Map(shuffled));
  });

describe("findComponents", () => {
  test("holds exactly the nodes that reach one another, targets first", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const components = findComponents(graph);
        expect(components.flat().sort()).toEqual([...graph.keys()].sort());
        const place = new Map(components.flatMap((members, at) => members.map((node) => [node, at])));
        for (const node of graph.keys()) {
          const reached = reach(graph, [node]);
          for (const other of reached) {
            expect(place.get(other)!).toBeLessThanOrEqual(place.get(node)!);
            expect(place.get(other) === place.get(node)).toBe(reach(graph, [other]).has(node));
          }
        }
      }),
    );
  });

  test("a chain and a ring of 20,000 nodes do not exhaust the stack", () => {
    const chain = new Map(Array.from({ length: 20_000 }, (_, i) => [name(i), [name(i + 1)]]));
    expect(sortTopologically(chain)).toHaveLength(20_000);
    chain.set(name(19_999), [name(0)]);
    expect(findComponents(chain)).toHaveLength(1);
  });
});

describe("sortTopologically", () => {
  test("puts every node after those it points to", () => {
    fc.assert(
      fc.property(acyclic, (graph) => {
        const order = sortTopologically(graph)!;
        expect([...order].sort()).toEqual([...graph.keys()].sort());
        const place = new Map(order.map((node, at) => [node, at]));
        for (const [node, targets] of graph)
          for (const target of targets)
            if (graph.has(target)) expect(place.get(target)!).toBeLessThan(place.get(node)!);
      }),
    );
  });

  test("keeps the given order among nodes that do not depend on one another", () => {
    expect(
      sortTopologically(
        new Map([
          ["c", []],
          ["a", ["z"]],
          ["b", []],
          ["z", []],
        ]),
      ),
    ).toEqual(["c", "z", "a", "b"]);
  });

  test("gives nothing for a cycle or a node that points to itself", () => {
    expect(sortTopologically(new Map([["a", ["a"]]]))).toBeUndefined();
    expect(
      sortTopologically(
        new Map([
          ["a", ["b"]],
          ["b", ["a"]],
        ]),
      ),
    ).toBeUndefined();
  });
});

test("reverse turns every edge round", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const back = reverse(graph);
      expect([...back.keys()]).toEqual([...graph.keys()]);
      for (const [node, targets] of graph)
        for (const target of targets) if (graph.has(target)) expect(back.get(target)).toContain(node);
      const edges = [...graph.values()].flat().filter((target) => graph.has(target)).length;
      expect([...back.values()].flat()).toHaveLength(edges);
    }),
  );
});

test("difference tells apart what came, went, was rewired and stayed", () => {
  fc.assert(
    fc.property(graphs, graphs, (before, after) => {
      const { added, removed, rewired, same } = difference(before, after);
      expect([...added, ...rewired, ...same].sort()).toEqual([...after.keys()].sort());
      expect([...removed, ...rewired, ...same].sort()).toEqual([...before.keys()].sort());
      for (const node of same) expect([...after.get(node)!].sort()).toEqual([...before.get(node)!].sort());
      for (const node of rewired) expect([...after.get(node)!].sort()).not.toEqual([...before.get(node)!].sort());
    }),
  );
});
