"""From labelled pictures to a detector that ships: checked data, training that survives interruption, export, card.

Only ``engine`` imports torch and ultralytics (the ``train`` extra); everything else runs and is tested without them.
Nothing of the running system imports this package.
"""
