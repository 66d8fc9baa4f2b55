// Shows /openapi.json and the event schemas. No library and no network but this server.
const element = (name, text, ...children) => {
  const made = document.createElement(name)
  if (text) made.textContent = text
  made.append(...children.filter(Boolean))
  return made
}
const resolve = (files, here, schema) => {
  if (!schema.$ref) return [here, schema]
  const [file, path] = schema.$ref.split('#')
  const root = file || here
  return [root, path.split('/').slice(1).reduce((at, key) => at[key], files[root])]
}
const typeOf = schema => {
  if (schema.$ref) return schema.$ref.split('/').pop()
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ')
  const types = [schema.type ?? 'anything'].flat().join(' or ')
  return schema.items ? `${types} of ${typeOf(schema.items)}` : types
}
// Rows of [name, type, description] of an object and of the objects within it.
const rowsOf = (files, here, schema, prefix = '') => {
  const [root, whole] = resolve(files, here, schema)
  return Object.entries(whole.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix ? `${prefix}[${name}]` : name
    const needed = whole.required?.includes(name) ? '' : ' (optional)'
    const row = [path, typeOf(child) + (prefix || !whole.required ? '' : needed), child.description ?? '']
    return child.type === 'object' ? [row, ...rowsOf(files, root, child, path)] : [row]
  })
}
const table = (head, rows) => {
  if (!rows.length) return null
  const line = (kind, cells) => element('tr', '', ...cells.map((cell, i) => {
    const made = element(kind)
    made.append(kind === 'td' && i === 0 ? element('code', cell) : cell)
    return made
  }))
  return element('table', '', line('th', head), ...rows.map(row => line('td', row)))
}
const operation = (files, method, path, spec) => {
  const here = '/openapi.json'
  const made = element('section')
  made.id = `${method}${path}`.replace(/\W+/g, '-')
  made.append(element('h3', '', Object.assign(element('span', method.toUpperCase()), { className: 'method' }), element('code', path)))
  made.append(element('div', [spec.summary, spec.description].filter(Boolean).join('. ')))
  if (spec.security?.some(one => one.apiKey)) made.append(element('div', 'Authorization: the API key'))
  const named = (spec.parameters ?? []).map(one => resolve(files, here, one)[1])
  const body = spec.requestBody?.content['application/json'].schema
  made.append(table(['Parameter', 'Type', ''], [
    ...named.map(one => [one.name, `${one.in}, ${typeOf(one.schema)}`, one.description ?? '']),
    ...(body ? rowsOf(files, here, body) : [])]) ?? '')
  made.append(table(['Status', 'Body', ''], Object.entries(spec.responses).map(([status, one]) => {
    const answer = resolve(files, here, one)[1]
    const content = answer.content?.['application/json'].schema
    return [status, content ? typeOf(content) : 'empty', answer.description]
  })))
  return made
}
const schemas = (files, file, list) => Object.entries(list).map(([name, schema]) => {
  const made = element('details', '', element('summary', '', element('code', name)))
  made.append(table(['Member', 'Type', ''], rowsOf(files, file, schema)) ?? '', element('pre', JSON.stringify(schema, null, 2)))
  return made
})
const show = files => {
  const [main, nav] = [document.querySelector('main'), document.querySelector('nav')]
  const api = files['/openapi.json']
  main.append(element('p', api.info.description.replace(/\[(.*?)\]\((.*?)\)/g, '$2')))
  for (const { name } of api.tags) {
    main.append(element('h2', name))
    nav.append(element('b', name))
    for (const [path, methods] of Object.entries(api.paths))
      for (const [method, spec] of Object.entries(methods))
        if (spec.tags[0] === name) {
          const made = operation(files, method, path, spec)
          main.append(made)
          nav.append(Object.assign(element('a', `${method.toUpperCase()} ${path}`), { href: `#${made.id}` }))
        }
  }
  main.append(element('h2', 'Objects'), ...schemas(files, '/openapi.json', api.components.schemas))
  for (const file of ['/schemas/observer.json', '/schemas/webhooks.json'])
    main.append(element('h2', files[file].title), ...schemas(files, file, files[file].$defs))
}
const load = async () => {
  const files = {}
  for (const file of ['/openapi.json', '/schemas/observer.json', '/schemas/webhooks.json'])
    files[file] = await (await fetch(file)).json()
  show(files)
}
load().catch(why => document.querySelector('main').append(element('p', `Could not be loaded: ${why}`)))
