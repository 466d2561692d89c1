// The catalogue and the chat rooms. Constants, since the example is about events.

export const COURSES = [
  { id: 'rust-101', title: 'Rust from the Ground Up', teacher: 'Ines Okafor', hue: 18 },
  { id: 'data-210', title: 'Streaming with Kafka', teacher: 'Mateo Lindqvist', hue: 262 },
  { id: 'math-150', title: 'Linear Algebra, Visually', teacher: 'Priya Raman', hue: 172 },
  { id: 'hist-120', title: 'A History of Computing', teacher: 'Tom Adeyemi', hue: 210 },
] as const;

export const ROOMS = [
  { id: 'lobby', title: 'Lobby' },
  { id: 'study-hall', title: 'Study hall' },
  { id: 'help-desk', title: 'Help desk' },
] as const;

export const courseTitle = (id: string): string => COURSES.find((course) => course.id === id)?.title ?? id;
export const isCourse = (id: string): boolean => COURSES.some((course) => course.id === id);
export const isRoom = (id: string): boolean => ROOMS.some((room) => room.id === id);
