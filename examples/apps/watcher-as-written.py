"""The watcher that set-up guides print. It misses every rotation: see watcher.py."""

import os
import sys
import time

from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

SECRET_FILE = sys.argv[1]


class SecretHandler(FileSystemEventHandler):
    def on_modified(self, event):
        if event.src_path == SECRET_FILE:
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
