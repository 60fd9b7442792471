import pg from 'pg'
import { openPool, type Database } from '../platform/postgres/database.ts'
import { dropScratchDatabase } from '../platform/postgres/testing.ts'

/** The databases of one world: the one in use, and copies that nobody is connected to. */
export class WorldDatabases {
  /** Of staff and of the checks; the hubs have their own. */
  pool: Database
  databaseName = ''
  private readonly server: { url: string }
  private readonly tag: string
  private count = 0

  /** `tag` keeps the names of several worlds apart. */
  constructor(server: { url: string }, tag: string) {
    this.server = server
    this.tag = tag.toLowerCase().replaceAll(/[^a-z0-9]/g, 'x')
    this.pool = openPool(server.url)
  }

  databaseUrl(): string {
    return this.server.url.replace(/@([^/]*)\/[^?]*/, `@$1/${this.databaseName}`)
  }

  async openDatabase(name: string): Promise<void> {
    await this.closePool()
    this.databaseName = name
    this.pool = openPool(this.databaseUrl(), { maxConnections: 2 })
  }

  async closePool(): Promise<void> {
    if (!this.pool.ended) await this.pool.end()
  }

  /** Copies a database that nobody is connected to; returns the copy's name. */
  async copyDatabase(from: string): Promise<string> {
    this.count += 1
    const name = `simulation_${process.pid}_${this.tag}_${this.count}`
    // A connection that was broken off takes a moment to be gone on the server's side too.
    for (let tries = 0; ; tries += 1)
      try {
        await this.onServer(`create database ${name} template ${from} strategy file_copy`)
        return name
      } catch (error) {
        if (tries >= 200) throw error
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
  }

  async dropDatabase(name: string): Promise<void> {
    await dropScratchDatabase(this.server.url, name)
  }

  private async onServer(sql: string): Promise<void> {
    const client = new pg.Client(this.server.url)
    await client.connect()
    await client.query(sql)
    await client.end()
  }
}
