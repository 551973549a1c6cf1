// A page for React, which looks for one as soon as it is loaded: so this is loaded before, by `node --import`.
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><body></body>', { url: 'http://127.0.0.1/', pretendToBeVisual: true });
for (const name of ['document', 'navigator', 'HTMLElement', 'Node', 'Event', 'HTMLInputElement'])
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
globalThis.window = window;
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
