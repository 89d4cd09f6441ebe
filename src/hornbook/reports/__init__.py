"""What a file is, in words, without a framework: what one names, holds and asks for, and what loading would say.

Each public function has a module of its own: `audit`, `fingerprint`, `inspect`, `read_config`.  The readers of
`archive` and the judge of `engine` that loading uses are used here too, up to the moment before something is built.
"""
