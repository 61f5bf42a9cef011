/**
 * The labels of one set while rules work on them. Label sets come in few shapes (sequences of names), so everything that
 * follows from names alone is found once for each shape; rules then read and write by number.
 */
import { Labels } from "#src/signal/labels.ts";

/** Decides on a label by its name: a new name, `true` for chosen, `undefined` for left alone. */
export type NameRule = (name: string) => string | true | undefined;

/** How a changed label set is put together, which is mostly as the one before. */
interface Layout {
  /** Names that were added, `""` for those deleted again. */
  readonly added: readonly string[];
  readonly gone: Uint8Array;
  /** The names in order, each before an empty place for its value. */
  readonly names: readonly string[];
  /** Where each value comes from: a position, or the complement of an index of what was added. */
  readonly order: Int32Array;
}

/** What follows from the names of a label set. */
class Shape {
  readonly names: readonly string[];
  /** Position of each slot's label, or -1. */
  readonly start: Int32Array;
  layout: Layout | undefined;
  readonly #slotOf: ReadonlyMap<string, number>;
  readonly #chosen = new Map<NameRule, readonly (readonly [position: number, to: string | true])[]>();
  #positions: Map<string, number> | undefined;

  constructor(names: readonly string[], slotNames: readonly string[], slotOf: ReadonlyMap<string, number>) {
    this.names = names;
    this.start = Int32Array.from(slotNames, (name) => names.indexOf(name));
    this.#slotOf = slotOf;
  }
  /** The labels that a rule chooses, decided on first use. */
  chosen(rule: NameRule): readonly (readonly [position: number, to: string | true])[] {
    let found = this.#chosen.get(rule);
    if (found === undefined) {
      found = this.names.flatMap((name, position) => {
        const to = rule(name);
        return to === undefined ? [] : [[position, to] as const];
      });
      this.#chosen.set(rule, found);
    }
    return found;
  }
  position(name: string): number {
    this.#positions ??= new Map(this.names.map((each, position) => [each, position]));
    return this.#positions.get(name) ?? -1;
  }
  slot(position: number): number | undefined {
    return this.#slotOf.get(this.names[position]!);
  }
}

const MAX_SHAPES = 500;

/**
 * A place to work in, used for one label set after another. Labels that are set move behind the original ones, in the
 * order of their first setting, as in Prometheus: it shows where two labels are mapped to the same name.
 */
export class Frame {
  readonly #slotNames: readonly string[];
  readonly #slotOf: ReadonlyMap<string, number>;
  readonly #shapes = new Map<string, Shape>();
  /** Where each slot's label is: -1 for nowhere, below `#count` an original one, from there on an added one. */
  readonly #slots: Int32Array;
  #shape: Shape;
  #pairs: readonly string[] = [];
  #count = 0;
  #gone = new Uint8Array(64);
  readonly #addedNames: string[] = [];
  readonly #addedValues: string[] = [];
  #changed = false;

  /** `slotNames` are the names that rules use, without repetition. */
  constructor(slotNames: readonly string[]) {
    this.#slotNames = slotNames;
    this.#slotOf = new Map(slotNames.map((name, slot) => [name, slot]));
    this.#slots = new Int32Array(slotNames.length);
    this.#shape = new Shape([], slotNames, this.#slotOf);
  }

  load(labels: Labels): void {
    const pairs = labels.pairs;
    this.#pairs = pairs;
    this.#count = pairs.length / 2;
    this.#shape = this.#findShape(pairs);
    this.#slots.set(this.#shape.start);
    if (!this.#changed) return;
    if (this.#gone.length < this.#count) this.#gone = new Uint8Array(this.#count * 2);
    else this.#gone.fill(0);
    this.#addedNames.length = 0;
    this.#addedValues.length = 0;
    this.#changed = false;
  }

  #findShape(pairs: readonly string[]): Shape {
    const last = this.#shape.names;
    if (last.length * 2 === pairs.length) {
      let i = 0;
      while (i < last.length && last[i] === pairs[2 * i]) i++;
      if (i === last.length) return this.#shape;
    }
    const names = pairs.filter((_, i) => i % 2 === 0);
    const key = names.join("\0");
    let shape = this.#shapes.get(key);
    if (shape === undefined) {
      if (this.#shapes.size >= MAX_SHAPES) this.#shapes.clear();
      shape = new Shape(names, this.#slotNames, this.#slotOf);
      this.#shapes.set(key, shape);
    }
    return shape;
  }

  get(slot: number): string {
    const at = this.#slots[slot]!;
    if (at < 0) return "";
    return at < this.#count ? this.#pairs[2 * at + 1]! : this.#addedValues[at - this.#count]!;
  }

  /** An empty value deletes. */
  set(slot: number, value: string): void {
    const at = this.#slots[slot]!;
    if (at >= this.#count && value !== "") {
      this.#addedValues[at - this.#count] = value;
      return;
    }
    if (at >= 0) {
      if (at < this.#count && this.#pairs[2 * at + 1] === value) return;
      this.#remove(at);
    }
    this.#slots[slot] = value === "" ? -1 : this.#add(this.#slotNames[slot]!, value);
  }

  /** Like `set`, for a name that is known only now. */
  setName(name: string, value: string): void {
    const slot = this.#slotOf.get(name);
    if (slot !== undefined) return this.set(slot, value);
    const added = this.#addedNames.indexOf(name);
    if (added >= 0 && this.#addedValues[added] !== "") {
      this.#addedValues[added] = value;
      if (value === "") this.#addedNames[added] = "";
      return;
    }
    const at = this.#shape.position(name);
    if (at >= 0 && this.#gone[at] !== 1) {
      if (this.#pairs[2 * at + 1] === value) return;
      this.#remove(at);
    }
    if (value !== "") this.#add(name, value);
  }

  #add(name: string, value: string): number {
    this.#changed = true;
    this.#addedValues.push(value);
    return this.#count + this.#addedNames.push(name) - 1;
  }

  #remove(at: number): void {
    this.#changed = true;
    if (at >= this.#count) {
      this.#addedNames[at - this.#count] = "";
      this.#addedValues[at - this.#count] = "";
      return;
    }
    if (this.#gone.length < this.#count) this.#gone = new Uint8Array(this.#count * 2);
    this.#gone[at] = 1;
  }

  /** Deletes the labels that a rule chooses. */
  drop(rule: NameRule): void {
    for (const [position] of this.#shape.chosen(rule)) {
      if (this.#gone[position] === 1) continue;
      this.#remove(position);
      const slot = this.#shape.slot(position);
      if (slot !== undefined) this.#slots[slot] = -1;
    }
    for (let i = 0; i < this.#addedNames.length; i++) {
      const name = this.#addedNames[i]!;
      if (name === "" || rule(name) === undefined) continue;
      const slot = this.#slotOf.get(name);
      if (slot !== undefined) this.#slots[slot] = -1;
      this.#remove(this.#count + i);
    }
  }

  /** Copies the labels that a rule chooses to the names it gives. */
  copy(rule: NameRule): void {
    const copies: string[] = [];
    for (const [position, to] of this.#shape.chosen(rule))
      if (this.#gone[position] !== 1 && to !== true) copies.push(to, this.#pairs[2 * position + 1]!);
    for (let i = 0; i < this.#addedNames.length; i++) {
      const name = this.#addedNames[i]!;
      const to = name === "" ? undefined : rule(name);
      if (to !== undefined && to !== true) copies.push(to, this.#addedValues[i]!);
    }
    for (let i = 0; i < copies.length; i += 2) this.setName(copies[i]!, copies[i + 1]!);
  }

  /** The labels as they stand; those that were loaded if nothing changed. */
  labels(loaded: Labels): Labels {
    if (!this.#changed) return loaded;
    let layout = this.#shape.layout;
    if (layout === undefined || !this.#fits(layout)) {
      layout = this.#arrange();
      this.#shape.layout = layout;
    }
    const { order } = layout;
    const base = this.#pairs;
    const added = this.#addedValues;
    const pairs = layout.names.slice();
    for (let i = 0; i < order.length; i++) {
      const from = order[i]!;
      pairs[2 * i + 1] = from >= 0 ? base[2 * from + 1]! : added[~from]!;
    }
    return Labels.fromSorted(pairs);
  }

  #fits({ added, gone }: Layout): boolean {
    const names = this.#addedNames;
    if (added.length !== names.length) return false;
    for (let i = 0; i < names.length; i++) if (names[i] !== added[i]) return false;
    for (let i = 0; i < gone.length; i++) if (gone[i] !== (this.#gone[i] ?? 0)) return false;
    return true;
  }

  #arrange(): Layout {
    const nameOf = (from: number): string => (from >= 0 ? this.#shape.names[from]! : this.#addedNames[~from]!);
    const order: number[] = [];
    for (let i = 0; i < this.#count; i++) if (this.#gone[i] !== 1) order.push(i);
    for (let i = 0; i < this.#addedNames.length; i++) if (this.#addedNames[i] !== "") order.push(~i);
    order.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    return {
      added: [...this.#addedNames],
      gone: Uint8Array.from({ length: this.#count }, (_, i) => this.#gone[i] ?? 0),
      names: order.flatMap((from) => [nameOf(from), ""]),
      order: Int32Array.from(order),
    };
  }
}
