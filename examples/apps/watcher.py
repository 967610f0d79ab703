"""Reloads a mounted secret when it is rotated.

The file itself is never modified: it is a link through "..data", and a rotation renames a new "..data" over the old
one. What to watch is the directory, and what to ask is whether the content is another one.
"""

import os
import sys
import time

from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

SECRET_FILE = sys.argv[1]
DATA_LINK = "..data"


def content():
    with open(SECRET_FILE, "rb") as file:
        return file.read()


class SecretHandler(FileSystemEventHandler):
    def __init__(self):
        self.current = content()

    def on_any_event(self, event):
        changed = {event.src_path, getattr(event, "dest_path", "")}
        if not any(os.path.basename(path) == DATA_LINK for path in changed):
            return
        new = content()
        if new != self.current:
            self.current = new
            print("reloaded", flush=True)


observer = Observer()
observer.schedule(SecretHandler(), path=os.path.dirname(SECRET_FILE), recursive=False)
observer.start()
print("watching", flush=True)
try:
    while True:
        time.sleep(1)
finally:
    observer.stop()
    observer.join()
