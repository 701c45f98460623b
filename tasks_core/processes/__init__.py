"""The loops that move jobs. Policy and waiting only: no SQL here."""
