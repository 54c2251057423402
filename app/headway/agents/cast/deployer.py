"""The deployer: brings a version out, step by step, and stops when something is wrong."""

from __future__ import annotations

from typing import Final

from headway.agents.script import Persona, Script, lines, notes

DEPLOYER: Final = Persona(
    description="Brings versions to staging and production, one step at a time, and stops at the first doubt.",
    skill="deployment",
    scripts=(
        Script(
            "Deploy 2.14.0 to staging",
            notes(
                "Checking that 2.14.0 passed its tests: yes",
                "Comparing the schema: 1 migration, can be undone",
                "Pushing the image",
                "Asking the cluster to take it",
            ),
            lines(
                """\
staging-1   2.14.0   healthy after 11 s
staging-2   2.14.0   healthy after 9 s
staging-3   2.14.0   healthy after 12 s

**2.14.0 is on staging.** Errors per minute: 0.2 before, 0.2 after. Slowest page: 310 ms, was 305 ms.
To undo: deploy 2.13.2; the migration does not have to be reverted.
"""
            ),
            question="Staging is in use for a demo until 16:00. Deploy now, or after it?",
            reason="The cluster refused the image: no signature. Staging still runs 2.13.2; sign it and deploy again.",
        ),
        Script(
            "Renew the certificates of the test systems",
            notes("Listing: 9 certificates, 4 end within 30 days", "Proving that the names are ours"),
            lines(
                """\
renewed   test.example         89 days
renewed   api.test.example     89 days
renewed   docs.test.example    89 days
renewed   mail.test.example    89 days

All four are in place; every service was asked for its certificate afterwards and showed the new one.
"""
            ),
            reason="The name server did not show the proof in 5 minutes. Nothing was changed; try again in an hour.",
        ),
    ),
)
