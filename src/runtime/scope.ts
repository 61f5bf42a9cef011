import type { ObjectValue, Value } from "#src/value/value.ts";
import type { Scope } from "#src/vm/scope.ts";

/** An inner part of the tree of ids; told from an exported object by its class. */
class Branch extends Map<string, Value> {}

/** Thrown when one node's id runs through the exports of another: `a.b` beside `a.b.c`. */
export class ScopeConflict extends Error {}

/**
 * What identifiers mean inside one module: exports of its nodes at the nested path of their ids, its own variables, then
 * what surrounds it. The object stays the same while generations come and go: `adopt` takes over what a build staged.
 */
export class ModuleScope implements Scope {
  readonly #outer: Scope | undefined;
  #variables: ReadonlyMap<string, Value>;
  #root = new Branch();

  constructor(outer: Scope | undefined, variables: ReadonlyMap<string, Value>) {
    this.#outer = outer;
    this.#variables = variables;
  }

  lookup(name: string): Value | undefined {
    return this.#root.get(name) ?? this.#variables.get(name) ?? this.#outer?.lookup(name);
  }

  /** Puts a node's exports at the path of its id. */
  set(id: string, exports: ObjectValue): void {
    let branch = this.#root;
    let from = 0;
    for (let dot = id.indexOf("."); dot >= 0; dot = id.indexOf(".", from)) {
      const part = id.slice(from, dot);
      let next = branch.get(part);
      if (next === undefined) branch.set(part, (next = new Branch()));
      if (!(next instanceof Branch)) throw new ScopeConflict(conflict(id, id.slice(0, dot)));
      branch = next;
      from = dot + 1;
    }
    const last = id.slice(from);
    if (branch.get(last) instanceof Branch) throw new ScopeConflict(conflict(id, id));
    branch.set(last, exports);
  }

  /** Synchronous part of a swap: everything staged becomes what is looked up. */
  adopt(staged: ModuleScope): void {
    this.#root = staged.#root;
    this.#variables = staged.#variables;
  }
}

function conflict(id: string, at: string): string {
  return `cannot export the values of ${JSON.stringify(id)}: ${JSON.stringify(at)} is both a component and the beginning of another component's name`;
}
