// Items of a scene, kept by key: made once, changed when what they show changes, removed when it is gone. So a view
// that changes one track of 500 touches one track.

interface Collection<Options, Item> {
  add(options?: Options): Item;
  remove(item: Item): boolean;
}

export class Layer<Options, Item> {
  readonly #collection: Collection<Options, Item>;
  readonly #items = new Map<string, { item: Item; version: string; round: number }>();
  #round = 0;
  /** Whether anything changed since `begin`. */
  changed = false;

  constructor(collection: Collection<Options, Item>) {
    this.#collection = collection;
  }

  begin(): void {
    this.#round += 1;
    this.changed = false;
  }

  /** Shows `key`; `make` and `update` run only where `version` is new. Without `update` a changed item is made anew. */
  put(key: string, version: string, make: () => Options, update?: (item: Item) => void): void {
    const known = this.#items.get(key);
    if (known?.version === version) {
      known.round = this.#round;
      return;
    }
    this.changed = true;
    if (known && update) {
      update(known.item);
      known.version = version;
      known.round = this.#round;
      return;
    }
    if (known) this.#collection.remove(known.item);
    this.#items.set(key, { item: this.#collection.add(make()), version, round: this.#round });
  }

  /** Removes what was not put since `begin`. */
  end(): void {
    for (const [key, { item, round }] of this.#items) {
      if (round === this.#round) continue;
      this.#collection.remove(item);
      this.#items.delete(key);
      this.changed = true;
    }
  }
}
