"""Says to qemu's monitor what to type, or where to put a picture of the screen.

monitor.py SOCKET keys WORD...    a word is typed letter by letter, or names a key
monitor.py SOCKET shot FILE.png
"""

import socket
import sys
import time

NAMED = {"ENTER": "ret", "SPACE": "spc", "ESC": "esc", "DOWN": "down", "UP": "up", "TAB": "tab"}
SIGNS = {"-": "minus", "/": "slash", ".": "dot"}


def wait(monitor):
    """Waits for the prompt: what was said before has ended then."""
    answer = b""
    while not answer.endswith(b"(qemu) "):
        some = monitor.recv(4096)
        if not some:
            return
        answer += some


def command(monitor, line):
    monitor.sendall(line.encode() + b"\n")
    wait(monitor)


def main():
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.connect(sys.argv[1])
        wait(monitor)
        if sys.argv[2] == "shot":
            command(monitor, f"screendump {sys.argv[3]} -f png")
            return
        for word in sys.argv[3:]:
            for key in [NAMED[word]] if word in NAMED else [SIGNS.get(sign, sign) for sign in word]:
                command(monitor, f"sendkey {key}")
                time.sleep(0.3)


main()
