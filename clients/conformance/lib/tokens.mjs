/** A token in the form of a JWT, which nobody signed: clients may read what it says, and must not check it. */
export function fakeToken({ sub = 'ada', for_s: forS = 3600, jti = Math.random().toString(36).slice(2) }) {
    const nowS = Math.floor(Date.now() / 1000);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub, iat: nowS, exp: nowS + forS, jti })}.c2lnbmF0dXJl`;
}
