"""English forms that no ending gives away: a base form for each ("went" is met by "go")."""

_FORMS = {
    form: line.split()[0]
    for line in """
    become became
    begin began begun
    bend bent
    bite bitten
    blow blew blown
    break broke broken
    bring brought
    build built
    burn burnt
    buy bought
    catch caught
    child children
    choose chose chosen
    come came
    deal dealt
    dig dug
    draw drew drawn
    dream dreamt
    drink drank drunk
    drive drove driven
    eat ate eaten
    fall fell fallen
    feed fed
    feel felt
    fight fought
    find found
    fly flew flown
    foot feet
    forget forgot forgotten
    freeze froze frozen
    give gave given
    go went gone
    grow grew grown
    half halves
    hang hung
    hear heard
    hide hid hidden
    hold held
    keep kept
    knife knives
    know knew known
    lead led
    learn learnt
    leave left
    lose lost
    make made
    man men
    mean meant
    meet met
    mouse mice
    pay paid
    person people
    ride rode ridden
    ring rang rung
    rise risen
    run ran
    say said
    see saw seen
    seek sought
    sell sold
    send sent
    shake shook shaken
    shelf shelves
    show shown
    sing sang sung
    sit sat
    sleep slept
    speak spoke spoken
    spend spent
    stand stood
    steal stole stolen
    stick stuck
    strike struck
    swear swore sworn
    sweep swept
    swim swam swum
    take took taken
    teach taught
    tear tore torn
    tell told
    throw threw thrown
    tooth teeth
    understand understood
    wake woke woken
    wear wore worn
    weave wove woven
    wife wives
    win won
    wolf wolves
    woman women
    write wrote
    """.strip().splitlines()
    for form in line.split()[1:]
}


def base(word: str) -> str:
    """The base form of a folded word; the word itself when it is none of those."""
    return _FORMS.get(word, word)
