/**
 * The mount namespace in which files of the host can only be read. It is made once, from the one that the template has
 * prepared, and is what runs start from that may not write to the host: their own namespaces are copies of it.
 */
import { existsSync, realpathSync } from 'node:fs'
import { shellQuote } from './shell-quote.ts'
import { fstabWord } from './stage.ts'

/** A directory of the template's own, which no other user can look into. */
export const OWN_PLACE = '/dev/.jobd'
/** In there all of the host as it is, which volumes are taken from; and an empty directory, which covers it afterwards. */
export const HOST_TREE = `${OWN_PLACE}/host`
export const NOTHING = `${OWN_PLACE}/none`

/** Where every program expects to write, as in a container of an image. */
const PRIVATE = ['/tmp', '/var/tmp']
/** Settings of the kernel, which are those of the host in every container. */
const KERNEL = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/** What `/proc` shows of them; it is made anew for each run, after the namespace that it is a copy of was made read-only. */
export const kernelSettings = (): readonly string[] => KERNEL.filter((path) => existsSync(path))

/** Directories of which each run that may not write to the host has one of its own, as they are without links. */
export const privateDirectories = (): readonly string[] => [
  ...new Set(PRIVATE.flatMap((path) => (existsSync(path) ? [realpathSync(path)] : []))),
]

export type ReadOnlyPlaces = {
  readonly mount: string
  /** The path of a file to be written. */
  readonly table: string
  /** A file system of ours that stays writable. */
  readonly rooms: string
}

/**
 * Shell commands that make every mount of the namespace at hand read-only but those of the kernel and of devices; all at
 * once, by names that keep `mount` from taking a mount for one that is there. Other flags of a mount, such as nosuid, have
 * to be said again. What cannot be reached, and so not be changed, cannot be written to either: only what can is a failure.
 */
export const readOnlyScript = ({ mount, table, rooms }: ReadOnlyPlaces): string => `
writable() {
  while read -r _ _ _ _ place flags _; do
    case $place in /proc|/proc/*|/dev|/dev/*|${shellQuote(fstabWord(rooms))}) continue ;; esac
    case ,$flags, in *,ro,*) ;; *) printf '%s %s\\n' "$place" "$flags" ;; esac
  done </proc/self/mountinfo
}
${mount} --rbind / ${HOST_TREE} || exit 1
writable | while read -r place flags; do
  printf 'none /..%s none remount,bind,%s,ro 0 0\\n' "$place" "$flags"
done >${shellQuote(table)}
said=$(${mount} -c -a -T ${shellQuote(table)} 2>&1)
writable | while read -r place _; do
  place=$(printf '%b' "$place")
  [ -d "$place" ] || [ -f "$place" ] || continue
  [ -w "$place" ] || continue
  printf '%s can still be written to: %s\\n' "$place" "$said"
  exit 1
done
`
