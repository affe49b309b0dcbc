import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Client } from '../../src/gallery/database.ts'
import { describeOnEachDatabase } from '../databases.ts'

const golden = new URL('../golden/schema.sql', import.meta.url)

/** Everything of ours but the partitions, which repeat their parent. */
const columnsSql = `
  select t.relname as "table", a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
         a.attnotnull as "isRequired", a.attidentity <> '' as "isIdentity",
         pg_get_expr(d.adbin, d.adrelid) as "default", a.attstorage as storage,
         col_description(t.oid, a.attnum) as comment
    from pg_class t
    join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
   where t.relkind in ('r', 'p') and not t.relispartition
   order by t.relname, a.attnum`

const tablesSql = `
  select t.relname as "table", obj_description(t.oid) as comment, pg_get_partkeydef(t.oid) as key,
         (select count(*)::integer from pg_inherits where inhparent = t.oid) as partitions
    from pg_class t
    join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
   where t.relkind in ('r', 'p') and not t.relispartition
   order by t.relname`

const constraintsSql = `
  select t.relname as "table", pg_get_constraintdef(c.oid) as text
    from pg_constraint c
    join pg_class t on t.oid = c.conrelid and not t.relispartition
    join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
   where c.contype in ('c', 'f', 'p', 'u')
   order by t.relname, c.contype desc, c.conname`

const indexesSql = `
  select t.relname as "table", pg_get_indexdef(i.indexrelid) as text
    from pg_index i
    join pg_class t on t.oid = i.indrelid and not t.relispartition
    join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
   where not exists (select from pg_constraint where conindid = i.indexrelid)
   order by t.relname, 2`

interface Column {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  readonly isIdentity: boolean
  readonly default: string | null
  readonly storage: string
  readonly comment: string | null
}

interface Table {
  readonly table: string
  readonly comment: string | null
  readonly key: string | null
  readonly partitions: number
}

interface Text {
  readonly table: string
  readonly text: string
}

async function dumpSchema(client: Client): Promise<string> {
  const columns = await client.query<Column>(columnsSql)
  const tables = await client.query<Table>(tablesSql)
  const constraints = await client.query<Text>(constraintsSql)
  const indexes = await client.query<Text>(indexesSql)
  const of = <T extends { table: string }>(rows: T[], table: string) =>
    rows.filter((row) => row.table === table)
  return tables
    .map(({ table, comment, key, partitions }) =>
      [
        `-- ${comment ?? ''}`,
        `create table ${table} (`,
        ...of(columns, table).map(columnLine),
        ...of(constraints, table).map(({ text }) => `  ${text},`),
        key === null ? ');' : `) partition by ${key}; -- ${partitions} partitions`,
        ...of(indexes, table).map(({ text }) => `${text};`),
        '',
      ].join('\n'),
    )
    .join('\n')
}

function columnLine(column: Column): string {
  const words = [
    `  ${column.name} ${column.type}`,
    column.isRequired ? 'not null' : '',
    column.isIdentity ? 'generated always as identity' : '',
    column.default === null ? '' : `default ${column.default}`,
    column.storage === 'p' && /vec/.test(column.type) ? 'storage plain' : '',
  ]
  const comment = column.comment === null ? '' : ` -- ${column.comment}`
  return `${words.filter(Boolean).join(' ')},${comment}`
}

describeOnEachDatabase('schema', (open) => {
  test('is the one that was reviewed (renew with npm run bless)', async () => {
    const db = await open()
    const schema = await db.withClient(dumpSchema)
    if (process.env['BLESS'] === '1') await writeFile(golden, schema)
    expect(schema).toBe(await readFile(golden, 'utf8'))
  })
})
