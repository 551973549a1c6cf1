// Patterns of scenarios. A pattern is JSON that says the least that has to be there; more fields do no harm.
//
//   "$name"      a variable: the first use takes the value, each later use has to find the same
//   "$absent"    the field is not there
//   "$any"       anything, but there
//   "$number"    any number

/** Nothing if `value` is as `pattern` says, else a line that says where they differ. Binds variables in `vars`. */
export function mismatch(pattern, value, vars, path = '') {
    if (typeof pattern === 'string' && pattern.startsWith('$')) return variable(pattern, value, vars, path);
    if (Array.isArray(pattern)) {
        if (!Array.isArray(value) || value.length !== pattern.length) return differ(path, pattern, value);
        return first(pattern.map((each, i) => [each, value[i], `${path}[${i}]`]), vars);
    }
    if (pattern !== null && typeof pattern === 'object') {
        if (value === null || typeof value !== 'object' || Array.isArray(value)) return differ(path, pattern, value);
        return first(Object.keys(pattern).map((key) => [pattern[key], value[key], `${path}.${key}`]), vars);
    }
    return pattern === value ? undefined : differ(path, pattern, value);
}

/** What a pattern with bound variables says, as JSON that can be sent. A field with "$absent" is left out. */
export function filled(pattern, vars) {
    if (typeof pattern === 'string' && pattern.startsWith('$')) {
        if (!vars.has(pattern)) throw new Error(`${pattern} is used before anything was seen that it stands for`);
        return vars.get(pattern);
    }
    if (Array.isArray(pattern)) return pattern.map((each) => filled(each, vars));
    if (pattern === null || typeof pattern !== 'object') return pattern;
    const kept = Object.entries(pattern).filter(([, each]) => each !== '$absent');
    return Object.fromEntries(kept.map(([key, each]) => [key, filled(each, vars)]));
}

function variable(name, value, vars, path) {
    if (name === '$absent') return value === undefined || value === null ? undefined : differ(path, 'nothing', value);
    if (value === undefined) return differ(path, name, value);
    if (name === '$any') return undefined;
    if (name === '$number') return typeof value === 'number' ? undefined : differ(path, 'a number', value);
    if (!vars.has(name)) return void vars.set(name, value);
    return vars.get(name) === value ? undefined : differ(path, `${name}, which is ${JSON.stringify(vars.get(name))}`, value);
}

function first(triples, vars) {
    for (const [pattern, value, path] of triples) {
        const found = mismatch(pattern, value, vars, path);
        if (found) return found;
    }
    return undefined;
}

function differ(path, expected, found) {
    const wanted = typeof expected === 'string' ? expected : JSON.stringify(expected);
    return `${path || 'it'}: expected ${wanted}, found ${JSON.stringify(found) ?? 'nothing'}`;
}
