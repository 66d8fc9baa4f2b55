// The list of participants: who is there, who talks, whose camera is in the picture.
import { dict, list, text } from './facts';
import type { Person, State } from './model';

export function addPerson(people: Person[], user: unknown, selfId: string): Person[] {
  const u = dict(user);
  const id = text(u['clientId']) || text(u['id']);
  if (!id) return people;
  const known = people.find(p => p.id === id);
  const person: Person = {
    id,
    name: text(u['name']) || 'Somebody',
    guest: u['guest'] === true,
    self: id === selfId,
    talking: known?.talking ?? false
  };
  if (known) return people.map(p => (p.id === id ? person : p));
  // The own entry stays on top, the others in the order in which they came.
  return person.self ? [person, ...people] : [...people, person];
}

export function removePerson(people: Person[], id: string): Person[] {
  return people.filter(p => p.id !== id);
}

export function setTalking(people: Person[], id: string, talking: boolean): Person[] {
  return people.some(p => p.id === id && p.talking !== talking)
    ? people.map(p => (p.id === id ? { ...p, talking } : p))
    : people;
}

/** While somebody presents, the others have no place although their cameras may be on: keep what was known. */
export function applyPodium(state: State, event: Record<string, unknown>): State {
  const presenter = event['hasPresenter'] === true ? text(event['presenter']) || null : null;
  if (presenter) return { ...state, presenter };
  const visible = list(event['allUserDimensions'])
    .map(place => text(dict(place)['clientId']))
    .filter(id => id !== '');
  return { ...state, presenter: null, visible };
}

export function personName(state: State, id: string | null): string {
  return state.people.find(p => p.id === id)?.name ?? 'Somebody';
}

/** The own camera is known for certain; the others' from the picture. */
export function cameraOn(state: State, person: Person): boolean {
  return person.self ? state.camera : state.visible.includes(person.id);
}
