"""How good a model is, in figures beside their goals and in sheets to look at.

    goals           what each figure should reach
    journal         records of what was measured, kept as they come, and the figures made of them
    identity        whether a picture still shows the person: dlib's descriptor
    photographs     a folder of photographs: its faces in the model's frame, and which of them may tune
    photo_figures   what is measured on photographs
    contact_sheets  photographs and their heads side by side

Figures on rendered persons, whose other sides are known, need the format of the training data:
`goae_core.training.evaluation`.
"""
