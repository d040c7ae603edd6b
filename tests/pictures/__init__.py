"""What the guides show: commands run on a rig through a terminal, as text in docs/guides/ and as pictures.

    make pictures                 # runs every scene, and writes what has changed
    make pictures ARGS=recycling  # one of them

A guide marks where a run belongs; the block behind the mark is written from what was seen:

    <!-- run: status -->
    ```console
    ...
    ```

`tests/e2e/test_guides.py` runs the same scenes and fails where a guide no longer says what the program does.
"""
