"""A mail server that takes everything and keeps nothing. `python -m benchmarks.sink PORT`."""

import asyncio
import sys


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        word = line[:4].upper()
        if word == b"DATA":
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
    writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(take, "127.0.0.1", port, limit=2**20)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
