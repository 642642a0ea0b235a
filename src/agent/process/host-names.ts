/**
 * The names of a pod, for containers that are no programs of the host: its own as the name of the machine, and an
 * `/etc/hosts` with it and with those of Services and of other pods. All pods have the address of the host, so that there
 * is no name server that could tell them apart.
 */
import { closeSync, constants, existsSync, fchmodSync, ftruncateSync, openSync, realpathSync, writeSync } from 'node:fs'
import { HOST_ADDRESS, type HostAlias, type PodSandbox } from '../runtime/index.ts'
import { readIfThere } from './run-files.ts'
import { podDirectories, type RunTable } from './run-table.ts'
import { shellQuote } from './shell-quote.ts'
import type { HostTools } from './tools.ts'

export const HOSTS = '/etc/hosts'

/** What a pod has been given of names, by uid. */
export type PodNames = Map<string, NamesOfPod>
export type NamesOfPod = { readonly sandbox: PodSandbox; written?: string | undefined }

/** Where the names of the host are, without links; undefined for a host that has no such file. */
export const hostsPath = (): string | undefined => (existsSync(HOSTS) ? realpathSync(HOSTS) : undefined)

const fileOf = (table: RunTable, podUid: string): string => `${podDirectories(table, podUid).scratch}/hosts`

/**
 * What a pod finds in its `/etc/hosts`: the names of the host, its own, those it asks for, and those of others.
 *
 * @param own the file of the host
 * @source kubernetes v1.36 pkg/kubelet/kubelet_pods.go, nodeHostsFileContent, hostsEntriesFromHostAliases
 */
export function hostsText(own: string, { hostname, domain, network, hostAliases, peers }: PodSandbox): string {
  const name = { ip: HOST_ADDRESS, hostnames: domain === undefined ? [hostname] : [`${hostname}.${domain}`, hostname] }
  const lines = [...(network === 'Host' ? [] : [name]), ...hostAliases, ...peers].map(lineOf)
  return `${own.replace(/\n*$/, '\n')}# Names of Kubernetes, kept by jobd\n${lines.join('')}`
}

const lineOf = ({ ip, hostnames }: HostAlias): string => `${[ip, ...hostnames].join('\t')}\n`

/** Takes what a pod is to share, and brings its file up to date where a container has it, of an earlier daemon too. */
export function takeNames(names: PodNames, table: RunTable, sandbox: PodSandbox): void {
  const { podUid } = sandbox
  const known = { sandbox, written: names.get(podUid)?.written }
  names.set(podUid, known)
  if (known.written !== undefined || existsSync(fileOf(table, podUid))) writeHosts(known, table)
}

/** Writes the file for the containers of a pod and answers its path. */
export function writeHosts(known: NamesOfPod, table: RunTable): string {
  const path = fileOf(table, known.sandbox.podUid)
  const text = hostsText(readIfThere(HOSTS) ?? '', known.sandbox)
  if (known.written !== text) overwrite(path, text)
  known.written = text
  return path
}

/** It stays the same file, which is mounted, and whoever reads it meanwhile misses none of the names that stay. */
function overwrite(path: string, text: string): void {
  const bytes = Buffer.from(text)
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644)
  try {
    writeSync(file, bytes, 0, bytes.length, 0)
    ftruncateSync(file, bytes.length)
    // Whoever the program runs as reads it.
    fchmodSync(file, 0o644)
  } finally {
    closeSync(file)
  }
}

/** The shell command that gives the machine a name in the namespace at hand, where that is permitted. */
export function hostnameCommand(hostname: string, tools: HostTools): readonly string[] {
  if (hostname === '' || tools.mountsTable) return []
  const name = shellQuote(hostname)
  const program = tools.hostname === undefined ? '' : ` || ${tools.hostname} ${name} 2>/dev/null`
  return [`{ printf %s ${name} >/proc/sys/kernel/hostname; } 2>/dev/null${program} || :`]
}
