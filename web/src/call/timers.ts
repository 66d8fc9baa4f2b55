// Named one-shot timers: setting one again replaces it.
export class Timers {
  private readonly running = new Map<string, ReturnType<typeof setTimeout>>();

  set(name: string, ms: number, then: () => void): void {
    this.clear(name);
    const id = setTimeout(() => {
      this.running.delete(name);
      then();
    }, ms);
    this.running.set(name, id);
  }

  clear(name: string): void {
    clearTimeout(this.running.get(name));
    this.running.delete(name);
  }
}
