// What is looked at, kept in the page's address, so that a reload or a link shows the same.

export type Layout = 'map' | 'table';
const LAYOUTS: Layout[] = ['map', 'table'];

function read(): { event: string | null; view: Layout; track: string | null } {
  const words = new URLSearchParams(location.hash.slice(1));
  const view = words.get('view') as Layout | null;
  return {
    event: words.get('event'),
    view: view && LAYOUTS.includes(view) ? view : 'map',
    track: words.get('track'),
  };
}

class Address {
  #state = $state(read());
  /** `?map=off`: never start the map. */
  readonly mapOff = new URLSearchParams(location.search).get('map') === 'off';

  constructor() {
    addEventListener('hashchange', () => (this.#state = read()));
  }

  get event(): string | null {
    return this.#state.event;
  }

  get track(): string | null {
    return this.#state.track;
  }

  get view(): Layout {
    return this.mapOff ? 'table' : this.#state.view;
  }

  set(change: Partial<{ event: string | null; view: Layout; track: string | null }>): void {
    this.#state = { ...this.#state, ...change };
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(this.#state)) if (value) words.set(name, value);
    history.replaceState(null, '', `#${words}`);
  }
}

export const address = new Address();
