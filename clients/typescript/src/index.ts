export { Roomwire } from './client.js';
export { RoomwireError } from './error.js';
export type { Room } from './room.js';
export type * from './types.js';
