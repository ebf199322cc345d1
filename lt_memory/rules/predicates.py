"""What a person may be said to be, have, like, do or plan that is worth remembering."""

import re
from dataclasses import dataclass

from lt_memory.domain.memory import Kind

_DEICTIC = (
    r"(?:it|that|this|these|those|them|him|her|you|your|yours|so|what|how|why|something|anything(?! with| containing| that has)"
    r"|nothing|everything|all of|one of (?:these|those|the)"
    r"|the (?:first|second|third|last|other|same|new|next|way|idea|one|ones|sound|look|option"
    r"|suggestion|version|answer|result|code|file|script|command|function|method|point|following"
    r"|above|task|page|app|server|error|link|text|paragraph|word|question))\b(?! sister| brother)"
)
_VAGUE = rf"(?!{_DEICTIC})"
_NOT_VAGUE_NEXT = rf"(?! {_DEICTIC})"
_TECHNICAL = (
    r"(?:question|idea|doubt|problem|issue|error|bug|feeling|request|clue|choice|point|file|list"
    r"|dataset|string|function|table|column|script|program|query|server|database|class|variable"
    r"|array|loop|few (?:questions|minutes|options)|look|go|try|guess|hunch|minute|moment|second"
    r"|result|output|headache|hangover|lot|bit|couple of (?:questions|options|minutes)|favour|favor|suggestion"
    r"|typeerror|exception|warning|message|reason|time|trouble|typo|text|paragraph|sentence|word)s?"
)
_UNTECHNICAL = rf"(?!(?:\S+ ){{0,2}}{_TECHNICAL}\b)"
_SOFT = (
    r"(?:(?:really|absolutely|just|also|still|always|usually|often|sometimes|currently|recently|now"
    r"|already|actually|mostly|mainly|only|even|totally|honestly|definitely|finally|generally"
    r"|normally|originally|officially|kind of|sort of|quite|basically|regularly|once|both|very"
    r"|so|pretty|rather|deeply|badly|truly|extremely|super|slightly|mildly|severely|highly|a bit"
    r"|a little|somewhat|rarely|never|happily|secretly|simply|too|probably|all|each|most days"
    r"|much|no longer|not|fairly|particularly|especially|thinking i) )*"
)
_STATES = (
    r"vegan|vegetarian|veggie|pescatarian|coeliac|diabetic|prediabetic|asthmatic|dyslexic|dyspraxic"
    r"|autistic|neurodivergent|epileptic|deaf|blind|colou?r[- ]?blind|short-?sighted|near-?sighted"
    r"|long-?sighted|left[- ]handed|right[- ]handed|ambidextrous|pregnant|married|single|divorced"
    r"|engaged|widowed|separated|retired|unemployed|self-employed|freelance|freelancing|gay|lesbian"
    r"|bi|bisexual|trans|transgender|straight|queer|non-?binary|asexual|jewish|muslim|christian"
    r"|catholic|protestant|orthodox|buddhist|hindu|sikh|atheist|agnostic|religious|adopted"
    r"|bilingual|trilingual|sober|teetotal|an(?:a)?emic|hypertensive|bipolar|dyscalculic|bald"
    r"|introverted|extroverted|shy|colou?rblind|homeless|semi-retired|hard of hearing|half \w+"
    r"|american|british|english|scottish|welsh|irish|french|german|italian|spanish|portuguese"
    r"|dutch|belgian|swiss|austrian|polish|czech|slovak|hungarian|romanian|bulgarian|greek|turkish"
    r"|russian|ukrainian|swedish|norwegian|danish|finnish|icelandic|estonian|latvian|lithuanian"
    r"|croatian|serbian|chinese|japanese|korean|indian|pakistani|bangladeshi|vietnamese|thai"
    r"|filipino|indonesian|malaysian|australian|canadian|mexican|brazilian|argentinian|chilean"
    r"|colombian|peruvian|venezuelan|cuban|nigerian|ghanaian|kenyan|ethiopian|egyptian|moroccan"
    r"|south african|israeli|lebanese|syrian|iranian|iraqi|afghan|\w+ intolerant|\w+[- ]free"
)
_TOWARDS = (
    r"(?:allergic|intolerant|sensitive) to|(?:afraid|scared|terrified|frightened|fond|proud"
    r"|claustrophobic|phobic) of|(?:good|bad|great|terrible|rubbish|hopeless|decent|better) at"
    r"|(?:obsessed|addicted|married|engaged|related|immune|prone|close|estranged|loyal|committed)"
    r" (?:to|with|from)|interested in|responsible for|in charge of|hooked on|keen on|(?:not )?into"
    r"|named after|known as|called|passionate about|fluent in|raised (?:in|by|on|as)|born"
    r"|diagnosed with|from|based (?:in|out of)|worried about my|nervous about my|excited about my"
    r"|living|descended from|due (?:in|on)|deficient in|colou?r blind|deaf in|blind in"
)
_DOING = (
    r"training|learning|studying|saving|planning|moving|starting|expecting|building|renovating"
    r"|restoring|flying|travelling|traveling|visiting|working (?:at|as|in|for|on an?|on my|from"
    r"|part|full|nights|towards)|volunteering|raising|retiring|recovering|applying (?:to|for)"
    r"|quitting|dating|teaching|getting (?:married|divorced|an?|my|ready for my|into)|taking (?:an?"
    r"|lessons|classes|\w+ lessons|\w+ classes|my|time off)|seeing an?|writing an? (?:\w+ )?(?:book"
    r"|novel|thesis|memoir|dissertation|phd|play|screenplay)|writing my|doing (?:an?|my|a part)"
    r"|running (?:an?|the|my|for)|giving up|cutting (?:down|out|back)|trying to (?:learn|quit|lose"
    r"|get (?:pregnant|fit|into|better at)|conceive|eat|cut|save|drink less|stop|become|find an?"
    r" (?:\w+ )?(?:job|flat|house|place)|buy an?|gain|reduce|adopt)|looking for an? (?:\w+ )?(?:job"
    r"|flat|house|apartment|place|room|flatmate|roommate|school|nursery|therapist|internship)"
    r"|looking forward to|looking after|caring for|thinking (?:of|about) \w+ing|considering \w+ing"
    r"|hosting|organi[sz]ing|preparing for|practi[sz]ing|growing|fostering|adopting|majoring"
    r"|graduating|turning \d+|living|staying (?:in|with|at)|house ?hunting|job ?hunting|homeschooling"
)
_ABROAD = (
    r"going to (?!(?:bed|sleep|eat|go|be right|try|do|ask|need|have to|make|check|take a|get some"
    r"|grab|say|tell|send|write|use|call it|leave it|assume|stop|start by|work|the (?:shop|store"
    r"|toilet|loo|bathroom|kitchen)|lunch|dinner|see|give you|show|wait|stick|read)\b)\S+"
)
_ROLES = r"an? (?!(?:bit|little|lot|few|while|tad|mess|robot|fool|idiot|person who|touch)\b)\S"
_PLACED = (
    r"on (?:the|an?) (?:\w+ )?(?:board|council|committee|team|waiting list|diet|pension)|on \w+ leave"
    r"|on (?:medication|antidepressants|insulin|statins|blood thinners|birth control|benefits)"
    r"|on (?:\w+ ?){0,2}(?:formin|pril|olol|statin|zole|oxetine|sartan|azepam|thyroxine|traline"
    r"|opram|idone|parin)|in (?:my|his|her|their) (?:\w+ )?(?:\w*ties|year|grade|semester|teens)"
    r"|in (?:an?) (?:\w+ )?(?:band|choir|wheelchair|relationship|marriage|club|team|orchestra)"
    r"|in (?:recovery|remission|therapy|debt|\w+ grade|year \w+|university|college|high school)"
    r"|at (?:university|uni|college|school)|the (?:\w+ )?(?:oldest|eldest|youngest|middle|captain"
    r"|chair|maid of honour|best man|bridesmaid|treasurer|head|owner|founder|director|only)\b|an? fan of|two of|one of (?:\w+) (?:kids"
    r"|children|siblings|brothers|sisters)|years? old|in the (?:army|navy|air force|military)"
)
_NUMBERS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty)"
    r"(?:[- ]\w+)?"
)
_AGE = (
    rf"(?:almost |nearly |about )?(?:\d{{1,3}}|{_NUMBERS})(?:$| years?| yrs?| yo\b| months?| and\b)"
)
_LIKING = (
    r"(?:love|like|enjoy|hate|dislike|loathe|detest|adore|prefer|despise|favour|fancy|crave)"
    r"|can not (?:stand|bear|get enough of|live without|resist)|do not (?:like|enjoy|care for|love)"
    r"|would rather|could not live without|be (?:not )?into|be (?:not )?(?:an? )?(?:\w+ )?fan of"
)
_HABIT = (
    r"live|work|teach|study|play|speak|drive|own|run|ride|cycle|swim|eat|drink|smoke|cook|bake|wear"
    r"|volunteer|coach|sing|paint|collect|grow|keep|raise|commute|rent|share|suffer|manage|attend"
    r"|lead|practi[sz]e|meditate|pray|belong|come from|identify|weigh|earn|train|travel|foster|breed"
    r"|knit|garden|hike|climb|surf|ski|dance|babysit|tutor|sleep|spend|specialise|specialize|vape"
    r"|major in|celebrate|believe in|support|subscribe|inject|vote|box|row|sail|fish|hunt|camp|sew"
    r"|code|program|design|build|repair|restore|write|walk|jog|fly|juggle|brew"
)
_PAST = (
    r"(?:re)?moved (?:to|in|into|out|from|house|away|back|here|over|abroad)|grew up|graduated"
    r"|studied|visited|went to (?:school|uni|university|college|live|japan|italy|\S+ (?:in|with|last"
    r"|for|on))|went (?:vegan|vegetarian|on holiday|hiking|skiing|freelance|through an?)|lived"
    r"|worked (?:as|at|in|for|on)|married|met my|got (?:married|divorced|engaged|promoted|fired"
    r"|laid off|hired|into|pregnant|diagnosed|accepted|rid of my|back (?:from|into)|sober)"
    r"|bought|sold|adopted|broke (?:my|up|an?)|sprained|fractured|tore|injured|hurt my|lost (?:my"
    r"|\d+|our|an? (?:\w+ )?(?:friend|baby|brother|sister))|won|quit|retired|joined|signed up"
    r"|decided|chose|booked|ran (?:an?|the|my) (?:\S+ )?(?:marathon|half|race|10k|5k|ultra)|climbed"
    r"|did (?:my|an? (?:phd|degree|masters|course|apprenticeship))|had (?:an?|my|our|surgery|to have|two|three|cancer)|became|turned \d+|taught|published|built"
    r"|founded|inherited|immigrated|emigrated|applied (?:to|for)|gave up|gave birth|served"
    r"|switched (?:to|from|jobs|careers)|named|used to|travelled|traveled|flew|accepted|planted"
    r"|earned|passed my|failed my|crashed|survived|nearly|stopped (?:eating|drinking|smoking|taking"
    r"|working|going|using)|started (?:my|an?|as|at|working|learning|taking|dating|running|playing"
    r"|seeing|going|school|uni|university|therapy|medication)|left (?:my|school|home|the (?:army|navy"
    r"|church|police|company))|wrote an?|finished my|completed (?:my|an?)|qualified|trained as"
    r"|learn(?:ed|t)|owned|raised|divorced|separated|fell|came (?:from|out|to)|proposed|founded"
    r"|swam|cycled|hiked|sailed|volunteered|played|underwent|donated|won|spent|relocated|dropped out"
)
_SINCE = (
    r"been (?!(?:trying|thinking|wondering|looking|told|asked|meaning|reading|waiting|getting)\b)"
    r"|decided|lived|worked|known|owned|always|never (?:been|eaten|learn\w+|had|tried|smoked|owned|drunk|flown|driven|married|lived|liked|broken|met|finished)|started|quit|stopped|moved|joined|bought|got"
    r"|signed up|applied|booked|given up|adopted|met|visited|written an?|published|run|had|lost"
    r"|become|broken my|played|studied|taught|won|climbed|learn(?:ed|t)|recently|just|suffered"
)
_AIM = (
    r"(?:learn|visit|become|move|travel|go to|live|study|start|quit|stop|lose|run|write an?|buy|build"
    r"|retire|get (?:married|an?|fit|into|better|my)|have (?:kids|children|an?)|be an?|open|change"
    r"|climb|volunteer|adopt|save|see the|take up|give up|walk|cycle|spend|eat|sell|renovate|leave"
    r"|apply|train|sail|cut|drink|join|publish|drive|finish my|do (?:an?|my))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    kind: Kind
    confidence: float
    pattern: re.Pattern[str]


def _means(kind: Kind, confidence: float, pattern: str) -> Predicate:
    return Predicate(
        kind=kind, confidence=confidence, pattern=re.compile(rf"^{_SOFT}(?:{pattern})")
    )


_PREDICATES = (
    _means(Kind.PREFERENCE, 0.9, rf"(?:{_LIKING}) {_VAGUE}\S"),
    _means(Kind.FACT, 0.9, rf"be {_SOFT}(?:{_AGE}|(?:{_STATES})(?!\w| (?:about|that)))"),
    _means(Kind.FACT, 0.9, rf"be {_SOFT}(?:{_TOWARDS}) {_VAGUE}\S"),
    _means(Kind.INTENTION, 0.85, rf"be {_SOFT}(?:{_DOING})\b{_NOT_VAGUE_NEXT}"),
    _means(Kind.INTENTION, 0.85, rf"be {_SOFT}{_ABROAD}"),
    _means(Kind.FACT, 0.9, rf"be {_SOFT}(?:{_PLACED})"),
    _means(Kind.FACT, 0.85, rf"be {_SOFT}{_ROLES}"),
    _means(Kind.FACT, 0.85, r"be [\d.,]+ ?(?:cm|m|ft|feet|kg|lbs)\b"),
    _means(Kind.EXPERIENCE, 0.9, r"was (?:born|raised|diagnosed|married|brought up|an? |in the|made "
           r"redundant|laid off|fired|promoted|hospitali[sz]ed|adopted|named|vegan|vegetarian|\d+ when)"),
    _means(Kind.INTENTION, 0.85, rf"have (?:got )?{_SOFT}(?:an?|my|our) (?:\w+ )?(?:appointment"
           r"|interview|exam|flight|surgery|operation|wedding|driving test|check-?up|viva|scan)\b"),
    _means(Kind.DECISION, 0.9, rf"(?:have )?{_SOFT}(?:decided|chosen|chose) (?:to|not to|on|against)"),
    _means(Kind.EXPERIENCE, 0.85, rf"have {_SOFT}(?:{_SINCE}) ?{_VAGUE}\S"),
    _means(Kind.FACT, 0.9, rf"(?:have (?:got )?|got (?=\w+ (?:cats|dogs|kids|children))|do not have )"
           rf"{_UNTECHNICAL}{_VAGUE}(?!to\b|never\b|no\b|any\b|some\b|been\b|trouble|enough|access|seen\b|read\b"
           r"|tried\b|heard\b|asked\b|told\b|done\b|made\b|found\b|used\b|gone\b|come\b)\S"),
    _means(Kind.FACT, 0.9, r"do not have any (?:kids|children|siblings|pets|allergies|brothers|sisters"
           r"|family|friends|experience)|have no (?:kids|children|siblings|pets|allergies|brothers"
           r"|sisters|family|sense of)"),
    _means(Kind.SKILL, 0.9, r"(?:can (?:play|speak|swim|cook|sing|drive|ride|read|dance|knit|sew"
           r"|juggle|touch-?type|code|program|ski|sail|fly|bake|sign|whistle)"
           r"|know how to (?:\w+)|speak|play the)\b"),
    _means(Kind.FACT, 0.9, rf"can not (?:eat|drink|swim|drive|ride|cook|sing|have|tolerate|hear|smell"
           rf"|digest|dance|whistle|sleep without|walk|run|wear)\b{_NOT_VAGUE_NEXT}"),
    _means(Kind.FACT, 0.9, rf"do not (?:eat|drink|smoke|drive|cook|own|wear|watch|believe in|celebrate"
           rf"|speak|live|work|want (?:kids|children)|eat|use social|take sugar)\b{_NOT_VAGUE_NEXT}"),
    _means(Kind.FACT, 0.85, rf"(?:{_HABIT}) {_VAGUE}(?:my )?{_UNTECHNICAL}\S"),
    _means(Kind.FACT, 0.85, rf"(?:take|use|need|go|get up|wake up|look after|care for|do|watch"
           rf"|listen to|read|follow|meet|see|struggle with|teach) {_VAGUE}{_UNTECHNICAL}(?:.* )?(?:mg|"
           r"every|each|daily|twice|once|times|on (?:mon|tues|wednes|thurs|fri|satur|sun)days?\w*|at \w+"
           r" thirty|at (?:\d|five|six|seven|eight|nine|ten|noon|midnight)|glasses|hearing aids"
           r"|wheelchair|insulin|pills|medication|yoga|judo|karate|pilates|anxiety|depression|insomnia"
           r"|most \w+|weekly|for a living|in the (?:morning|evening)s?|before \w+|after work)\b"),
    _means(Kind.EXPERIENCE, 0.85, rf"(?:{_PAST})\b{_NOT_VAGUE_NEXT}"),
    _means(Kind.INTENTION, 0.8, rf"(?:plan|hope|intend|aim|want|wanted|would love|would like|dream of|have"
           rf" always wanted|have to learn) ?(?:to|on|of)? (?:one day |someday |eventually )?{_AIM}\b"
           rf"{_NOT_VAGUE_NEXT}"),
    _means(Kind.INTENTION, 0.85, r"will (?:be (?:in|at|away|on holiday|travelling|\d+|out of|an?)"
           r"(?! (?:touch|back|the))|start|move|turn|retire|visit|graduate|have a baby|marry)\b"),
    _means(Kind.EMOTION, 0.8, r"(?:feel|get|become) (?:\w+ )?(?:anxious|nervous|sick|seasick|carsick"
           r"|travel sick|lonely|migraines?|hay fever|panicky|overwhelmed|sad|stressed|homesick"
           r"|claustrophobic|panic attacks|cold sores|nosebleeds)\b.*"),
    _means(Kind.EMOTION, 0.8, rf"miss {_VAGUE}(?:my|our|living|being|\w+ing)\b"),
    _means(Kind.EXPERIENCE, 0.85, rf"got (?:an?|my|our) {_UNTECHNICAL}\S"),
    _means(Kind.FACT, 0.9, rf"turn (?:\d+|{_NUMBERS})\b"),
    _means(Kind.FACT, 0.9, r"(?:weigh|go by|have to (?:take|avoid|wear|inject|eat))\b"),
)  # fmt: skip


def predicate(words: str) -> Predicate | None:
    """What kind of thing a predicate in plain base form says; None when it is not worth keeping."""
    return next((p for p in _PREDICATES if p.pattern.match(words)), None)
