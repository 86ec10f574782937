/** Makes a thing when it is first asked for, once. */
export class Lazy<T> {
  readonly #make: () => Promise<T>;
  #made: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    return (this.#made ??= this.#make());
  }

  /** Undefined: nobody has asked. */
  get made(): Promise<T> | undefined {
    return this.#made;
  }
}
