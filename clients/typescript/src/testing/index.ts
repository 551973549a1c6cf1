export { FakeServer } from './server.js';
